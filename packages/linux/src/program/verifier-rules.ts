/** What one kind of refusal means. `$1`, `$2` in the sentences are the groups of the pattern. */
export interface VerifierRule {
  /** Against a line that the verifier ended with; wording differs between kernels, so patterns are loose. */
  readonly pattern: RegExp;
  /** One sentence on what is wrong, without a final period. */
  readonly reason: string;
  /** What to do, in the affirmative. */
  readonly hint: string;
}

const rule = (pattern: RegExp, reason: string, hint: string): VerifierRule => ({
  pattern,
  reason,
  hint,
});

const BOUND =
  "Compare it with an upper bound, unsigned and in 64 bits, and use that very value afterwards";
const NULL_CHECK = "Compare it with 0, in 64 bits, and leave when it is null";
const NEWER_ISA =
  "Build for an older instruction set (clang: -mcpu=v2 or v3), or run a newer kernel";

/** Pointers, registers and memory: what goes wrong while the verifier walks the program. */
export const MEMORY_RULES: readonly VerifierRule[] = [
  rule(
    /(R\d+) invalid mem access '(\w*)_or_null_?'/,
    "$1 may be null here: it is a $2 that was not compared with 0",
    NULL_CHECK,
  ),
  rule(
    /(R\d+) pointer arithmetic on (\w+)_or_null_? prohibited, null-check it first/,
    "$1 may be null here, and arithmetic comes before its comparison with 0: it is a $2",
    NULL_CHECK,
  ),
  rule(
    /(R\d+) invalid mem access '(?:inv|scalar)'/,
    "$1 holds a number here, not a pointer, and cannot be dereferenced",
    "Read the pointer again after helpers that move the packet, after 32-bit operations and out of maps; read other kernel memory with bpf_probe_read_kernel",
  ),
  rule(
    /(R\d+) invalid mem access '(\w+)'/,
    "$1 is the $2 here and cannot be dereferenced",
    "Use a pointer to the data itself",
  ),
  rule(
    /R0 !read_ok/,
    "R0 has no value here",
    "Set the return value on every path; a function that returns nothing leaves R0 unset",
  ),
  rule(
    /(R[1-5]) !read_ok/,
    "$1 has no value here: it was never set, or a call cleared it",
    "Set it first, and keep values that outlive a call in r6-r9 or on the stack",
  ),
  rule(
    /(R\d+) !read_ok/,
    "$1 has no value here: it was not set on every path",
    "Set it first; a called function does not see its caller's r6-r9",
  ),
  rule(
    /misaligned (\S+) access off (.*) size (\d+)/,
    "An access of $3 bytes to $1 memory is not aligned to its size",
    "Align the field, or read it in smaller pieces",
  ),
  rule(
    /(?:invalid size of register spill|attempt to corrupt spilled pointer)/,
    "A pointer is stored on the stack in less than 8 bytes",
    "Store pointers whole, at addresses that are multiples of 8",
  ),
  rule(
    /invalid (?:unbounded )?(?:variable-offset )?(?:indirect )?write to stack (R\d+) off=?\s*(-?\d+)(?:\+\d+)? size=?\s*(\d+)/,
    "A write of $3 bytes at offset $2 lies outside the stack frame",
    "Keep the locals of a function below 512 bytes: move large ones to a per-CPU array",
  ),
  rule(
    /invalid (?:indirect )?(?:read from|access to) stack(?: (R\d+))? off=?\s*(-?\d+)(?:\+\d+)? size=?\s*(\d+)/,
    "A read of $3 bytes at offset $2 of the stack touches bytes that were never written, or lies outside the frame",
    "Zero the whole variable, padding included, before it is used",
  ),
  rule(
    /frame pointer is read only/,
    "R10 is the frame pointer and cannot be changed",
    "Copy it to another register first",
  ),
  rule(
    /invalid access to packet, off=(-?\d+) size=(\d+)/,
    "$2 bytes at offset $1 are read from or written to a part of the packet that was not checked",
    "Compare this very pointer plus the size with data_end first, and check again after helpers that change the packet",
  ),
  rule(
    /(R\d+) offset is outside of the packet/,
    "$1 reaches a part of the packet that was not checked",
    "Compare this very pointer plus the size with data_end first, and check again after helpers that change the packet",
  ),
  rule(
    /invalid access to map value, value_size=(\d+) off=(-?\d+) size=(\d+)/,
    "$3 bytes at offset $2 lie outside the map's value of $1 bytes",
    BOUND,
  ),
  rule(
    /invalid access to (memory|map key|buffer)\b.*, (?:mem|key)_size=(\d+) off=(-?\d+) size=(\d+)/,
    "$4 bytes at offset $3 lie outside the $1 of $2 bytes",
    BOUND,
  ),
  rule(
    /(R\d+) (min|max) value is outside of the (?:allowed memory|array) range/,
    "$1 may point outside the memory that the program may touch: its $2imum is out of range",
    BOUND,
  ),
  rule(
    /(R\d+) unbounded memory access/,
    "$1 has no upper bound here, so the access may lie outside the memory",
    BOUND,
  ),
  rule(
    /math between (\w+) pointer and register with unbounded min value/,
    "A number that may be negative is added to a $1 pointer",
    "Check it unsigned and in 64 bits, or mask it with a constant",
  ),
  rule(
    /math between (\w+) pointer and (-?\d+) is not allowed|value (-?\d+) makes (\w+) pointer be out of bounds/,
    "A pointer moves further than the verifier can follow",
    "Keep offsets below 2^29",
  ),
  rule(
    /(R\d+) pointer arithmetic on (\w+) prohibited/,
    "Arithmetic on a $2 is not possible, and $1 holds one",
    "Use the pointer as it came",
  ),
  rule(
    /(R\d+) 32-bit pointer arithmetic prohibited/,
    "$1 is a pointer and goes through a 32-bit operation",
    "Keep pointers in 64-bit variables",
  ),
  rule(
    /(R\d+) bitwise operator (\S+) on pointer prohibited/,
    "$1 is a pointer, and $2 does not work on pointers",
    "Keep flags apart from pointers",
  ),
  rule(
    /(R\d+) tried to subtract pointer from scalar/,
    "$1 is a number from which a pointer is subtracted",
    "Subtract pointers of the same object only",
  ),
  rule(
    /(R\d+) pointer (\S+) pointer prohibited/,
    "Two pointers meet in $2, and $1 is one of them",
    "Add numbers to pointers; subtract packet pointers only from each other",
  ),
  rule(
    /dereference of modified (\w+) ptr (R\d+)/,
    "$2 was changed before it is used, and a $1 pointer must be used as it came",
    "Access fields at constant offsets from the unchanged pointer",
  ),
  rule(
    /variable (\w+) access var_off=/,
    "A $1 pointer is used with an offset that is not a constant",
    "Access fields at constant offsets from the unchanged pointer",
  ),
  rule(
    /invalid bpf_context access off=(\d+) size=(\d+)/,
    "This type of program may not touch $2 bytes at offset $1 of its context in this way",
    "Use the fields that the program type has, at their full width; a writable field is writable only where the kernel allows it",
  ),
  rule(
    // check_mem_access() of BPF_ST knows contexts since 6.3.
    /BPF_ST stores into (R\d+) ctx is not allowed/,
    "$1 points to the context, which this kernel lets programs write from registers only",
    "Put the constant into a register and store that; Linux 6.3 and later take constants",
  ),
  rule(
    /(?:BPF_\w+) stores into (R\d+) (\w+) is not allowed/,
    "$1 points to the $2, which this store does not work on",
    "Use plain loads and stores there; atomic ones work on stack and map memory",
  ),
  rule(
    /(?:cannot write into|write into) (?:map|rdonly_\w+|packet|\w+) ?(?:forbidden|disallowed)?,? ?(?:value_size=(\d+))?/,
    "The program writes to memory that is read-only for it",
    "Write to a map that is neither frozen nor BPF_F_RDONLY_PROG; use volatile const only for values that never change",
  ),
  rule(
    /only read is supported/,
    "The program writes through a pointer to a kernel object, which can only be read",
    "Use a helper or a kernel function that makes the change",
  ),
  rule(
    /(R\d+) is (?:\w+_)?ptr_(\w+) invalid (?:negative access|variable offset)/,
    "$1 points into a struct $2 at an offset that is not a constant",
    "Access fields at constant offsets; read variable ones with bpf_probe_read_kernel",
  ),
  rule(
    /access beyond (?:the end of member (\w+) \(mend:\d+\) in )?struct (\w+)/,
    "The access is wider than the field of struct $2 that it reads",
    "Read each field at its own size",
  ),
  rule(
    /(R\d+) leaks addr/,
    "$1 is a kernel address that would become visible to user space",
    "Load with CAP_PERFMON, or keep addresses inside the program",
  ),
  rule(/div by zero/, "The program divides by the constant 0", "Divide by something else"),
  rule(
    /invalid shift (\d+)/,
    "The program shifts by $1, which is the register's width or more",
    "Shift by less than 32 or 64 bits",
  ),
];

/** Which instructions a kernel takes. */
export const INSTRUCTION_RULES: readonly VerifierRule[] = [
  rule(
    /(BPF_(?:ALU|ALU64|MOV|LDX|STX|ST|NEG|END|JMP|JA|EXIT|LD_IMM64|ATOMIC)) ?uses reserved fields/,
    "This kernel does not know this form of $1",
    NEWER_ISA,
  ),
  rule(
    /BPF_CALL uses reserved fields/,
    "This kernel does not know calls of kernel functions",
    "Run Linux 5.13 or later, or use a helper instead",
  ),
  rule(/unknown opcode ([0-9a-f]+)/, "This kernel does not know the instruction 0x$1", NEWER_ISA),
  rule(
    /uses invalid atomic opcode ([0-9a-f]+)/,
    "This kernel does not know the atomic operation 0x$1",
    NEWER_ISA,
  ),
  rule(
    /invalid atomic operand size/,
    "Atomic operations work on 4 and 8 bytes only",
    "Use a 32- or 64-bit variable",
  ),
  rule(
    /BPF_LD_\[ABS\|IND\] instructions not allowed/,
    "Loads of packet bytes by position work only in socket filters and traffic control programs",
    "Read through data and data_end",
  ),
];
