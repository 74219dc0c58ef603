import { COMMANDS } from "@ocelli/bpf";
import {
  LinuxError,
  openKernel,
  type Kernel,
  type SyscallArgument,
  type SyscallName,
} from "@ocelli/linux";

/** What a kernel refuses, by positive errno; a function may let a call through with `undefined`. */
export interface Refusals {
  /** Commands of bpf(2). */
  readonly commands?: Partial<Record<keyof typeof COMMANDS, number>>;
  /** Other system calls; a function gives the result itself, negated errno or not. */
  readonly calls?: Partial<
    Record<SyscallName, number | ((...args: readonly SyscallArgument[]) => number | undefined)>
  >;
}

/** The running kernel, but what is named here fails: what a healthy machine does not do on demand. */
export function refusingKernel({ commands = {}, calls = {} }: Refusals): Kernel {
  const real = openKernel();
  const numbers = new Map<number, number | undefined>(
    Object.entries(commands).map(([name, errno]) => [
      COMMANDS[name as keyof typeof COMMANDS], // the type of `commands` admits no other key
      errno,
    ]),
  );
  return {
    ...real,
    bpf(command, attribute) {
      const errno = numbers.get(command);
      return errno === undefined ? real.bpf(command, attribute) : -errno;
    },
    syscall(name, ...args) {
      const refusal = calls[name];
      const result = typeof refusal === "function" ? refusal(...args) : refusal;
      if (result === undefined) return real.syscall(name, ...args);
      return typeof refusal === "function" ? result : -result;
    },
  };
}

/** What a person reads when `act` fails: the code of a `LinuxError` or the name of another error, then its message. */
export function sentenceOf(act: () => unknown): string {
  try {
    act();
  } catch (error) {
    return error instanceof LinuxError ? `${error.code}: ${error.message}` : String(error);
  }
  return "nothing was thrown";
}
