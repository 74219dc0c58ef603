// struct pt_regs of arch/x86/include/asm/ptrace.h, as 8-byte words in order, with every name of each register.
const X64_ORDER = [
  ["r15", "r15d", "r15w", "r15b"],
  ["r14", "r14d", "r14w", "r14b"],
  ["r13", "r13d", "r13w", "r13b"],
  ["r12", "r12d", "r12w", "r12b"],
  ["rbp", "ebp", "bp", "bpl"],
  ["rbx", "ebx", "bx", "bl"],
  ["r11", "r11d", "r11w", "r11b"],
  ["r10", "r10d", "r10w", "r10b"],
  ["r9", "r9d", "r9w", "r9b"],
  ["r8", "r8d", "r8w", "r8b"],
  ["rax", "eax", "ax", "al"],
  ["rcx", "ecx", "cx", "cl"],
  ["rdx", "edx", "dx", "dl"],
  ["rsi", "esi", "si", "sil"],
  ["rdi", "edi", "di", "dil"],
  ["orig_rax"],
  ["rip", "eip", "ip"],
  ["cs"],
  ["eflags"],
  ["rsp", "esp", "sp", "spl"],
  ["ss"],
] as const;

// struct user_pt_regs of arch/arm64/include/uapi/asm/ptrace.h: x0 to x30, sp, pc, pstate.
const ARM64_ORDER = [
  ...Array.from({ length: 31 }, (_, index) => [`x${index}`, `w${index}`]),
  ["sp"],
  ["pc"],
];

function table(order: readonly (readonly string[])[]): ReadonlyMap<string, number> {
  return new Map(order.flatMap((names, index) => names.map((name) => [name, index * 8] as const)));
}

/** Where the kernel keeps each register of an interrupted program, in bytes from the start of `struct pt_regs`. */
export const PT_REGS: Readonly<Record<"x64" | "arm64", ReadonlyMap<string, number>>> = {
  x64: table(X64_ORDER),
  arm64: table(ARM64_ORDER),
};
