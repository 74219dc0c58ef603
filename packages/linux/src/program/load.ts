import { attachTypeNumber, COMMANDS, programTypeNumber } from "@ocelli/bpf";

import { Fd } from "../fd.ts";
import { liftMemlock } from "../memlock.ts";
import { attributeField, encodeAttribute, type AttributeFields } from "../port/attribute.ts";
import { ERRNO } from "../port/errno.ts";
import type { Kernel } from "../port/kernel.ts";
import { kernelObjectName } from "../map/create.ts";
import { loadError, requireWholeRecords } from "./load-error.ts";
import type { ProgramLoad } from "./program-load.ts";
import { Program } from "./program.ts";
import { VerifierError } from "./verifier-error.ts";

// BPF_LOG_LEVEL1, BPF_LOG_STATS and the sizes that the log may have; the kernel takes up to 1 GiB, before Linux 5.13 16 MiB - 1.
const LOG_TRACE = 1;
const LOG_STATISTICS = 4;
const ATTEMPTS = 30;
const LOG_FIRST = 64 << 10;
const LOG_LIMIT = (16 << 20) - 1;
const TOKEN_FLAG = 1 << 16; // BPF_F_TOKEN_FD
const encoder = new TextEncoder();

/**
 * Loads a program. The verifier's log is asked for only when it says no, and in whole.
 *
 * Throws `VerifierError` (`rejected`) with that log, `permission` when the kernel will not have programs from this
 * process, `unsupported` when it does not know the type, `invalid` when the bytes are no whole slots of 8, `busy` when
 * signals keep interrupting the verifier.
 */
export function loadProgram(kernel: Kernel, load: ProgramLoad): Program {
  requireWholeRecords(load);
  liftMemlock(kernel);
  const name = load.name ?? "";
  const license = encoder.encode(`${load.license ?? ""}\0`);
  const fields: AttributeFields<"prog_load"> = {
    prog_type: programTypeNumber(load.type),
    insn_cnt: load.bytes.length / 8,
    insns: load.bytes,
    license,
    kern_version: load.kernelVersion,
    prog_flags: (load.flags ?? 0) | (load.tokenFd === undefined ? 0 : TOKEN_FLAG),
    prog_name: kernelObjectName(name),
    prog_ifindex: load.interfaceIndex,
    expected_attach_type:
      load.attachTypeValue ??
      (load.attachType === undefined ? undefined : attachTypeNumber(load.attachType)),
    prog_btf_fd: load.btfFd,
    ...(load.functionInfo === undefined || load.functionInfo.length === 0
      ? {}
      : {
          func_info_rec_size: 8,
          func_info: load.functionInfo,
          func_info_cnt: load.functionInfo.length / 8,
        }),
    ...(load.lineInfo === undefined || load.lineInfo.length === 0
      ? {}
      : {
          line_info_rec_size: 16,
          line_info: load.lineInfo,
          line_info_cnt: load.lineInfo.length / 16,
        }),
    attach_btf_id: load.attachBtfId,
    ...(load.attachProgramFd === undefined
      ? { attach_btf_obj_fd: load.attachBtfFd }
      : { attach_prog_fd: load.attachProgramFd }),
    fd_array:
      load.fdArray === undefined || load.fdArray.length === 0
        ? undefined
        : new Uint8Array(load.fdArray.buffer, load.fdArray.byteOffset, load.fdArray.byteLength),
    prog_token_fd: load.tokenFd,
  };
  let { result } = submit(kernel, fields);
  if (result < 0) result = explainOrLoad(kernel, load, fields, result);
  return new Program(kernel, new Fd(kernel, result), {
    name,
    type: load.type,
    attachType: load.attachType,
    attachTo: load.attachTo ?? "",
    flags: load.flags ?? 0,
    section: load.origin?.section,
  });
}

// Loads once more with a log, which says why; a program that passes this time is as good as any.
function explainOrLoad(
  kernel: Kernel,
  load: ProgramLoad,
  fields: AttributeFields<"prog_load">,
  first: number,
): number {
  if (first === -ERRNO.EAGAIN) throw loadError(kernel, load, first);
  const { result, log } = submitWithLog(kernel, fields);
  if (result >= 0) return result;
  // The log of an interrupted verification gives no verdict.
  if (result === -ERRNO.EAGAIN) throw loadError(kernel, load, result);
  const failure = result === -ERRNO.ENOSPC ? first : result;
  if (log.length > 0)
    throw new VerifierError({ name: load.name ?? "", ...load.origin }, -failure, log);
  throw loadError(kernel, load, failure);
}

// Linux 6.4 and later keep the end of a log that is too long and say how long it is: what does not fit into the limit
// is left at its end, which has the verdict. Older kernels keep the start, so there level 4 gives the verdict alone.
function submitWithLog(
  kernel: Kernel,
  fields: AttributeFields<"prog_load">,
): { readonly result: number; readonly log: readonly string[] } {
  let size = LOG_FIRST;
  for (;;) {
    const log = new Uint8Array(size);
    const { result, trueSize } = submitOnce(kernel, fields, log, LOG_TRACE);
    if (result !== -ERRNO.ENOSPC) return { result, log: linesOf(log) };
    if (trueSize > LOG_LIMIT) return { result, log: linesOf(log).slice(1) };
    if (size === LOG_LIMIT) break;
    size = Math.min(Math.max(trueSize, size * 4), LOG_LIMIT);
  }
  const log = new Uint8Array(LOG_FIRST);
  const { result } = submitOnce(kernel, fields, log, LOG_STATISTICS);
  return { result, log: linesOf(log) };
}

function submitOnce(
  kernel: Kernel,
  fields: AttributeFields<"prog_load">,
  log: Uint8Array,
  level: number,
): { readonly result: number; readonly trueSize: number } {
  const all = { ...fields, log_level: level, log_size: log.length, log_buf: log };
  const { result, attribute } = submit(kernel, all);
  return { result, trueSize: attributeField("prog_load", attribute, "log_true_size") };
}

function linesOf(log: Uint8Array): readonly string[] {
  const end = log.indexOf(0);
  const text = new TextDecoder().decode(log.subarray(0, end < 0 ? log.length : end)).trimEnd();
  return text === "" ? [] : text.split("\n");
}

// The verifier gives way to signals with EAGAIN: a busy machine or a profiler sends them in series. Each attempt starts
// over, so a program that takes longer than the time between two signals never passes: hence the bound.
function submit(
  kernel: Kernel,
  fields: AttributeFields<"prog_load">,
): { readonly result: number; readonly attribute: Uint8Array } {
  for (let attempt = 1; ; attempt += 1) {
    const attribute = encodeAttribute(kernel, "prog_load", fields);
    const result = kernel.bpf(COMMANDS.prog_load, attribute);
    if (result !== -ERRNO.EAGAIN || attempt === ATTEMPTS) return { result, attribute };
  }
}
