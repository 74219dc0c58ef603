/** The machines whose registers probes read. */
export type Architecture = "x86-64" | "arm64";

/** Where a probe finds the registers of C's calling convention. Offsets in bytes. */
export interface RegisterMap {
  readonly args: readonly number[];
  readonly result: number;
  readonly ip: number;
  readonly sp: number;
  /** Of all registers; what comes behind them in a sample's context starts here. */
  readonly size: number;
}

/** `struct pt_regs` of x86-64 and `struct user_pt_regs` of arm64, both fixed by arch/…/include/uapi/asm/ptrace.h. */
export const REGISTERS: Readonly<Record<Architecture, RegisterMap>> = {
  "x86-64": { args: [112, 104, 96, 88, 72, 64], result: 80, ip: 128, sp: 152, size: 168 },
  arm64: {
    args: [0, 8, 16, 24, 32, 40, 48, 56],
    result: 0,
    ip: 256,
    sp: 248,
    size: 272,
  },
};
