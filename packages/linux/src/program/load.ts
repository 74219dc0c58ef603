import {
  attachTypeNumber,
  COMMANDS,
  programTypeNumber,
  type AttachType,
  type ProgramType,
} from "@ocelli/bpf";

import { Fd } from "../fd.ts";
import { encodeAttribute, type AttributeFields } from "../port/attribute.ts";
import { ERRNO, systemError } from "../port/errno.ts";
import type { Kernel } from "../port/kernel.ts";
import { kernelName } from "./kernel-name.ts";
import { Program } from "./program.ts";
import { VerifierError } from "./verifier-error.ts";

/** Everything that BPF_PROG_LOAD takes, ready for the kernel: no names are left to resolve. */
export interface ProgramLoad {
  readonly type: ProgramType;
  /** Encoded instructions, eight bytes a slot, in this machine's byte order. */
  readonly bytes: Uint8Array;
  readonly name?: string;
  /** `GPL` opens the helpers that need a compatible licence. */
  readonly license?: string;
  readonly attachType?: AttachType | undefined;
  /** The kernel's number where `attachType` has no name for it: the member index of a struct_ops program. */
  readonly attachTypeValue?: number | undefined;
  /** What the program was written for; carried for the one who attaches it. */
  readonly attachTo?: string;
  /** BPF_F_* flags: sleepable 16, XDP fragments 32. */
  readonly flags?: number;
  readonly kernelVersion?: number;
  /** The program's own BTF, which the next two refer to. */
  readonly btfFd?: number | undefined;
  /** Records of 8 bytes: instruction slot, type id. */
  readonly functionInfo?: Uint8Array | undefined;
  /** Records of 16 bytes: instruction slot, file name, line text, line and column. */
  readonly lineInfo?: Uint8Array | undefined;
  /** The kernel type that it attaches to, in vmlinux, in `attachBtfFd` or in the program `attachProgramFd`. */
  readonly attachBtfId?: number | undefined;
  readonly attachBtfFd?: number | undefined;
  readonly attachProgramFd?: number | undefined;
  /** Descriptors of modules' BTF and of maps, by the index that instructions use. */
  readonly fdArray?: Int32Array | undefined;
  /** Network device for programs that run on hardware. */
  readonly interfaceIndex?: number;
  readonly tokenFd?: number | undefined;
}

// BPF_LOG_LEVEL1 and the sizes that the log may have; the kernel takes up to 1 GiB, before Linux 5.13 16 MiB - 1.
const LOG_TRACE = 1;
const LOG_FIRST = 64 << 10;
const LOG_LIMIT = (16 << 20) - 1;
const TOKEN_FLAG = 1 << 16; // BPF_F_TOKEN_FD
const encoder = new TextEncoder();

/**
 * Loads a program. The verifier's log is asked for only when it says no, and in whole.
 *
 * Throws `VerifierError` (`rejected`) with that log, `permission` when the kernel will not have programs from this
 * process, `unsupported` when it does not know the type.
 */
export function loadProgram(kernel: Kernel, load: ProgramLoad): Program {
  const name = load.name ?? "";
  const license = encoder.encode(`${load.license ?? ""}\0`);
  const fields: AttributeFields<"prog_load"> = {
    prog_type: programTypeNumber(load.type),
    insn_cnt: load.bytes.length / 8,
    insns: load.bytes,
    license,
    kern_version: load.kernelVersion,
    prog_flags: (load.flags ?? 0) | (load.tokenFd === undefined ? 0 : TOKEN_FLAG),
    prog_name: kernelName(name),
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
  let result = submit(kernel, fields);
  if (result < 0) {
    let log = new Uint8Array(LOG_FIRST);
    result = submitWithLog(kernel, fields, log);
    while (result === -ERRNO.ENOSPC && log.length < LOG_LIMIT) {
      log = new Uint8Array(Math.min(log.length * 4, LOG_LIMIT));
      result = submitWithLog(kernel, fields, log);
    }
    if (result < 0) {
      const end = log.indexOf(0);
      const lines = new TextDecoder().decode(log.subarray(0, end)).trimEnd().split("\n");
      if (lines.length === 1 && lines[0] === "")
        throw systemError(`Cannot load program "${name}" of type ${load.type}`, result);
      throw new VerifierError(name, -result, lines);
    }
  }
  return new Program(kernel, new Fd(kernel, result), {
    name,
    type: load.type,
    attachType: load.attachType,
    attachTo: load.attachTo ?? "",
    flags: load.flags ?? 0,
  });
}

function submitWithLog(
  kernel: Kernel,
  fields: AttributeFields<"prog_load">,
  log: Uint8Array,
): number {
  return submit(kernel, { ...fields, log_level: LOG_TRACE, log_size: log.length, log_buf: log });
}

// The verifier gives way to signals with EAGAIN; five times in a row is no accident any more.
function submit(kernel: Kernel, fields: AttributeFields<"prog_load">): number {
  let result = -ERRNO.EAGAIN;
  for (let attempt = 0; attempt < 5 && result === -ERRNO.EAGAIN; attempt += 1) {
    result = kernel.bpf(COMMANDS.prog_load, encodeAttribute(kernel, "prog_load", fields));
  }
  return result;
}
