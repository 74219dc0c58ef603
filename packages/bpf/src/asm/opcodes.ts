/** Instruction classes: bits 0–2 of an opcode (RFC 9669, section 3.1). */
export const INSTRUCTION_CLASS = {
  ld: 0,
  ldx: 1,
  st: 2,
  stx: 3,
  alu: 4,
  jmp: 5,
  jmp32: 6,
  alu64: 7,
} as const;

/** Access sizes: bits 3–4 of a load or store. */
export const ACCESS_SIZE = { w: 0x00, h: 0x08, b: 0x10, dw: 0x18 } as const;

/** Access modes: bits 5–7 of a load or store. */
export const ACCESS_MODE = {
  imm: 0x00,
  abs: 0x20,
  ind: 0x40,
  mem: 0x60,
  memsx: 0x80,
  atomic: 0xc0,
} as const;

/** Where an ALU or jump instruction has its second operand: bit 3. */
export const OPERAND_SOURCE = { imm: 0x00, register: 0x08 } as const;

/** Operations of the classes alu and alu64: bits 4–7. */
export const ALU_OPERATION = {
  add: 0x00,
  sub: 0x10,
  mul: 0x20,
  div: 0x30,
  or: 0x40,
  and: 0x50,
  lsh: 0x60,
  rsh: 0x70,
  neg: 0x80,
  mod: 0x90,
  xor: 0xa0,
  mov: 0xb0,
  arsh: 0xc0,
  end: 0xd0,
} as const;

/** Operations of the classes jmp and jmp32: bits 4–7. `jcond` is Linux's `may_goto` (6.9). */
export const JUMP_OPERATION = {
  ja: 0x00,
  jeq: 0x10,
  jgt: 0x20,
  jge: 0x30,
  jset: 0x40,
  jne: 0x50,
  jsgt: 0x60,
  jsge: 0x70,
  call: 0x80,
  exit: 0x90,
  jlt: 0xa0,
  jle: 0xb0,
  jslt: 0xc0,
  jsle: 0xd0,
  jcond: 0xe0,
} as const;

/** What an atomic instruction does, in its immediate. The last two are Linux's own (6.15). */
export const ATOMIC_OPERATION = {
  add: 0x00,
  or: 0x40,
  and: 0x50,
  xor: 0xa0,
  fetch_add: 0x01,
  fetch_or: 0x41,
  fetch_and: 0x51,
  fetch_xor: 0xa1,
  xchg: 0xe1,
  cmpxchg: 0xf1,
  load_acquire: 0x100,
  store_release: 0x110,
} as const;

/** What the source register of a 64-bit immediate load says about its immediate. */
export const WIDE_SOURCE = {
  constant: 0,
  map_fd: 1,
  map_value: 2,
  btf_id: 3,
  function: 4,
  map_index: 5,
  map_index_value: 6,
} as const;

/** What the source register of a call says about its immediate. */
export const CALL_SOURCE = { helper: 0, local: 1, kfunc: 2 } as const;

/** Whole opcodes that stand for one instruction each. */
export const OPCODE = {
  /** 64-bit immediate load, two slots. */
  lddw: 0x18,
  /** Jump by `offset` slots. */
  ja: 0x05,
  /** Jump by `imm` slots (ISA v4). */
  gotol: 0x06,
  call: 0x85,
  /** Call of the function whose address a register holds. */
  callx: 0x8d,
  /** Jump to an address of an instruction array map, which a register holds. */
  gotox: 0x0d,
  exit: 0x95,
  /** Jump that the kernel takes when a loop has run too long (Linux 6.9). */
  may_goto: 0xe5,
} as const;
