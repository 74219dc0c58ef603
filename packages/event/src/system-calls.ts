import { ARM64_SYSTEM_CALLS, X64_SYSTEM_CALLS } from "./system-calls.gen.ts";

/** The architectures whose system call tables are known. */
export type Architecture = "x64" | "arm64";

/** The kernel's name of a system call, e.g. `openat` for 257 on x64; `syscall_N` for a number without a name. */
export function systemCallName(number: number, architecture: Architecture): string {
  const names = architecture === "x64" ? X64_SYSTEM_CALLS : ARM64_SYSTEM_CALLS;
  const name = names[number];
  return name === undefined || name === "" ? `syscall_${number}` : name;
}
