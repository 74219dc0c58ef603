import {
  COMMANDS,
  encodeLineInfo,
  extendBtf,
  placeKsyms,
  readBtf,
  sanitizeBtf,
  type Btf,
  type Instruction,
} from "@ocelli/bpf";

import { summarizeDiagnostics } from "../diagnostics.ts";
import { LinuxError } from "../error.ts";
import { Fd } from "../fd.ts";
import { liftMemlock } from "../memlock.ts";
import { explainPermission } from "../permission.ts";
import { encodeAttribute } from "../port/attribute.ts";
import { ERRNO, errnoName, systemError } from "../port/errno.ts";
import type { Kernel } from "../port/kernel.ts";
import { btfSupport } from "./btf-support.ts";

const TOKEN_FLAG = 1 << 16; // BPF_F_TOKEN_FD
const LOG_SIZE = 64 << 10;

/** The object's types in the kernel, and the line records that point into them. */
export interface LoadedBtf extends Disposable {
  readonly fd: Fd;
  /** Records for BPF_PROG_LOAD, by program. */
  readonly lines: ReadonlyMap<string, Uint8Array>;
}

/**
 * Loads an object's BTF, changed to what the kernel takes, with the source lines of the linked programs added to its
 * strings. Throws `invalid` with the kernel's last words about the types.
 */
export function loadObjectBtf(
  kernel: Kernel,
  btf: Btf,
  programs: ReadonlyMap<string, readonly Instruction[]>,
  tokenFd?: number,
): LoadedBtf {
  // The strings come last: their offsets are those of the table that is loaded.
  const builder = extendBtf(acceptable(kernel, btf, tokenFd));
  placeKsyms(builder);
  const lines = new Map<string, Uint8Array>();
  for (const [name, instructions] of programs)
    lines.set(name, encodeLineInfo(instructions, builder).bytes);
  const fd = loadBtf(kernel, builder.write(), tokenFd);
  return {
    fd,
    lines,
    [Symbol.dispose]: () => {
      fd[Symbol.dispose]();
    },
  };
}

function acceptable(kernel: Kernel, btf: Btf, tokenFd?: number): Btf {
  const support = btfSupport(kernel, tokenFd);
  if (Object.values(support).every(Boolean)) return btf;
  const builder = extendBtf(btf);
  // The kernel's rules for externs are applied before their section becomes something else.
  placeKsyms(builder);
  return readAgain(sanitizeBtf(readAgain(builder.write()), support));
}

function readAgain(bytes: Uint8Array): Btf {
  const result = readBtf(bytes);
  if (result.ok) return result.value;
  throw new LinuxError(
    "invalid",
    `Cannot prepare the object's types: ${summarizeDiagnostics(result.diagnostics)}`,
  );
}

/** Loads encoded BTF as it is. Linux 4.18. Throws `invalid` with what the kernel says about the types. */
export function loadBtf(kernel: Kernel, btf: Uint8Array, tokenFd?: number): Fd {
  liftMemlock(kernel);
  const fields = {
    btf,
    btf_size: btf.length,
    ...(tokenFd === undefined ? {} : { btf_flags: TOKEN_FLAG, btf_token_fd: tokenFd }),
  };
  const fd = kernel.bpf(COMMANDS.btf_load, encodeAttribute(kernel, "btf_load", fields));
  if (fd >= 0) return new Fd(kernel, fd);
  if (fd === -ERRNO.EPERM)
    throw new LinuxError(
      "permission",
      `Cannot load the object's types: EPERM, ${explainPermission(kernel)}`,
      -fd,
    );
  const log = new Uint8Array(LOG_SIZE);
  const again = kernel.bpf(
    COMMANDS.btf_load,
    encodeAttribute(kernel, "btf_load", {
      ...fields,
      btf_log_buf: log,
      btf_log_size: log.length,
      btf_log_level: 1,
    }),
  );
  if (again >= 0) return new Fd(kernel, again);
  const end = log.indexOf(0);
  const said = new TextDecoder().decode(log.subarray(0, end)).trim().split("\n").at(-1) ?? "";
  const action = "Cannot load the object's types";
  // Without a word about the types it is not they that are at fault.
  if (said === "") throw systemError(action, again);
  throw new LinuxError("invalid", `${action}: ${said} (${errnoName(-again)})`, -again);
}
