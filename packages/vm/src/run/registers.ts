/** Registers of a probed function on x86-64, by the names of `struct pt_regs`; those left out are 0. */
export interface RegistersX64 {
  readonly r15?: bigint;
  readonly r14?: bigint;
  readonly r13?: bigint;
  readonly r12?: bigint;
  readonly bp?: bigint;
  readonly bx?: bigint;
  readonly r11?: bigint;
  readonly r10?: bigint;
  readonly r9?: bigint;
  readonly r8?: bigint;
  readonly ax?: bigint;
  readonly cx?: bigint;
  readonly dx?: bigint;
  readonly si?: bigint;
  readonly di?: bigint;
  readonly orig_ax?: bigint;
  readonly ip?: bigint;
  readonly cs?: bigint;
  readonly flags?: bigint;
  readonly sp?: bigint;
  readonly ss?: bigint;
}

// arch/x86/include/asm/ptrace.h, in order, 8 bytes each.
const X64: readonly (keyof RegistersX64)[] = [
  "r15",
  "r14",
  "r13",
  "r12",
  "bp",
  "bx",
  "r11",
  "r10",
  "r9",
  "r8",
  "ax",
  "cx",
  "dx",
  "si",
  "di",
  "orig_ax",
  "ip",
  "cs",
  "flags",
  "sp",
  "ss",
];

/** Registers of a probed function on arm64: x0 to x30 by number, and the rest by name. */
export interface RegistersArm64 {
  readonly x?: readonly bigint[];
  readonly sp?: bigint;
  readonly pc?: bigint;
  readonly pstate?: bigint;
}

/** The context of a kprobe, uprobe or perf event on x86-64: `struct pt_regs`. */
export function registersX64(registers: RegistersX64): Uint8Array {
  return words(X64.map((name) => registers[name] ?? 0n));
}

/** The same on arm64: `struct user_pt_regs`, of which BPF programs see the beginning of `pt_regs`. */
export function registersArm64({
  x = [],
  sp = 0n,
  pc = 0n,
  pstate = 0n,
}: RegistersArm64): Uint8Array {
  return words([...Array.from({ length: 31 }, (_, index) => x[index] ?? 0n), sp, pc, pstate]);
}

/** The context of a perf event: registers, then the sampling period and the address (`struct bpf_perf_event_data`). */
export function perfEventContext(
  registers: Uint8Array,
  { period = 0n, address = 0n }: { readonly period?: bigint; readonly address?: bigint } = {},
): Uint8Array {
  return concat(registers, words([period, address]));
}

/** The context of a raw tracepoint: its arguments, 64 bits each. */
export function tracepointArguments(values: readonly bigint[]): Uint8Array {
  return words(values);
}

function words(values: readonly bigint[]): Uint8Array {
  const bytes = new Uint8Array(values.length * 8);
  const view = new DataView(bytes.buffer);
  values.forEach((value, index) => {
    view.setBigUint64(index * 8, BigInt.asUintN(64, value), true);
  });
  return bytes;
}

function concat(one: Uint8Array, other: Uint8Array): Uint8Array {
  const all = new Uint8Array(one.length + other.length);
  all.set(one);
  all.set(other, one.length);
  return all;
}
