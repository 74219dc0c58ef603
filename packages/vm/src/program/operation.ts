// Operations of a prepared program. An operand that is a constant lies in a register of its own, so there is only the
// register form of everything, and its number is the opcode of that form: 0x0f is `dst += src`. What RFC 9669 tells
// apart by other fields than the opcode has a number above 255 instead.
//
// The interpreter's switch writes these as literals: V8 builds a jump table of literal cases only.

/** Numbers of operations that have no opcode of their own. */
export const OPERATION = {
  sdiv64: 0x100,
  smod64: 0x101,
  sdiv32: 0x102,
  smod32: 0x103,
  movsx8to64: 0x104,
  movsx16to64: 0x105,
  movsx32to64: 0x106,
  movsx8to32: 0x107,
  movsx16to32: 0x108,
  swap16: 0x109,
  swap32: 0x10a,
  swap64: 0x10b,
  /** Call of a function of the program; the argument is its first word. */
  callLocal: 0x10c,
  /** Ends with an error; the argument says which: an index into `TRAPS`. */
  trap: 0x10d,
  /** Legacy loads of the packet: the offset is the argument plus the source. */
  packet8: 0x10e,
  packet16: 0x10f,
  packet32: 0x110,
  /** A branch that is taken once the function went on there 2^23 times. */
  mayGoto: 0x111,
  /** A store of 16 bits that is left out for 0xffff and more: a queue's number. */
  storeQueue: 0x112,
} as const;

/** What a trap says, by its number. */
export const TRAPS = [
  "it means nothing in RFC 9669",
  "r10 is read-only",
  "there is no register above r10",
  "it is the second half of a 64-bit load",
  "the program ends there without an exit",
  "calls of kernel functions have nothing to call here",
  "address spaces need an arena",
  "a jump through an instruction array is not supported",
] as const;

/** Words of a prepared instruction: operation, destination, source, argument. */
export const WORDS = 4;

/** How many registers a program names: r0 to r10. Constants follow. */
export const REGISTERS = 11;

/** Where the address of a function begins: functions lie beyond all memory, so that none is loaded from or stored to. */
export const FUNCTION_BASE = 0xf000_0000;
