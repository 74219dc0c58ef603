import type { VerifierRule } from "./verifier-rules.ts";

const rule = (pattern: RegExp, reason: string, hint: string): VerifierRule => ({
  pattern,
  reason,
  hint,
});

const SMALLER_LOOPS =
  "Make loops shorter, move work into global functions, which are verified once, or use bpf_loop (Linux 5.17)";
const RELEASE = "Release it on every path, error paths included, before the function ends";
const STACK = "Move large locals to a per-CPU array or to global variables";

/** Helpers, kernel functions and their arguments. */
export const CALL_RULES: readonly VerifierRule[] = [
  rule(
    /invalid func unknown#195896080/,
    "A CO-RE relocation found nothing on this kernel, and the program reaches the instruction that needs it",
    "Guard the access with bpf_core_field_exists or bpf_core_type_exists",
  ),
  rule(
    /invalid func unknown#2002\d{6}/,
    "The program calls a kernel function that this kernel does not have",
    "Guard the call with bpf_ksym_exists",
  ),
  rule(
    /invalid func unknown#(\d+)/,
    "This kernel does not have helper number $1",
    "Run a newer kernel, or guard the call so that it is not reached there",
  ),
  rule(
    /(?:unknown func|program of this type cannot use helper) (\w+)#(\d+)/,
    "Programs of this type cannot call $1 on this kernel",
    "Use another helper, another program type or a newer kernel",
  ),
  rule(
    /cannot call GPL-restricted function|cannot call GPL/i,
    "The program calls something that only programs under the GPL may call",
    'Set the license to "GPL" or "Dual MIT/GPL", if that is so',
  ),
  rule(
    /helper call (?:is not allowed in probe|might sleep)|sleepable/,
    "Code that may sleep meets a program or a section that must not",
    "Load the program as sleepable (BPF_F_SLEEPABLE, section names ending in .s), or call it outside locks",
  ),
  rule(
    /calling kernel function (\S+) is not allowed/,
    "Programs of this type cannot call the kernel function $1",
    "Use it from a program type that it is registered for",
  ),
  rule(
    /(?:calling|invalid) kernel function call not eliminated|kernel btf_id \d+ is not a (?:kernel )?function/,
    "The program calls a kernel function that this kernel does not have",
    "Guard the call with bpf_ksym_exists",
  ),
  rule(
    /cannot pass map_type (\d+) into func (\w+)#\d+/,
    "$2 does not work on maps of type $1",
    "Use the helper that is made for this map type",
  ),
  rule(
    /(R\d+) type=(\w+) expected=(.+)/,
    "The call takes $3 in $1, and gets $2",
    "Pass what the call takes; check pointers for null first",
  ),
  rule(
    /(R\d+) must have zero offset when passed to release func|dereference of modified \w*mem ptr (R\d+)/,
    "The pointer in $1$2 was moved, and has to be given back as it came",
    "Keep the pointer that was reserved, and pass it on unchanged",
  ),
  rule(
    /(R\d+) is not a (?:known )?const/,
    "$1 must be a constant, known when the program loads",
    "Pass a constant size; choose between several calls for several sizes",
  ),
  rule(
    /(R\d+) unbounded size, use/,
    "$1 is a size without an upper bound",
    "Compare it with an upper bound, or mask it with a constant",
  ),
  rule(
    /(R\d+) min value is negative, either use unsigned/,
    "$1 is a size that may be negative",
    "Make it unsigned, and compare it with an upper bound",
  ),
  rule(
    /invalid zero-sized read/,
    "A size may be 0, which this call does not take",
    "Leave before the call when the size is 0",
  ),
  rule(
    /Unreleased reference id=(\d+) alloc_insn=(\d+)/,
    "What instruction $2 acquired is never released",
    RELEASE,
  ),
  rule(
    /would lead to reference leak/,
    "Something that was acquired is not released before the function ends",
    RELEASE,
  ),
  rule(
    /_unlock is missing|function calls are not allowed while holding a lock|inside bpf_spin_lock/,
    "A spin lock is still held here",
    "Unlock on every path, and make no calls in between",
  ),
  rule(
    /At (program exit|callback return|subprogram exit|async callback return) the register R0 has (?:value \(([^)]*)\)|(.*?)) should have been in (.+)/,
    "At $1 R0 is $2$3, and only $4 is allowed",
    "Clamp the return value to that range on every path",
  ),
];

/** The shape of the program: its flow, size, stack, maps and types. */
export const STRUCTURE_RULES: readonly VerifierRule[] = [
  rule(
    /unreachable insn (\d+)/,
    "Instruction $1 can never be reached",
    "Remove dead code and functions that nobody calls",
  ),
  rule(
    /BPF program is too large\. Processed (\d+) insn/,
    "The verifier gave up after following $1 instructions: the program has too many paths",
    SMALLER_LOOPS,
  ),
  rule(
    /sequence of (\d+) jumps is too complex/,
    "The verifier gave up with $1 branches still open: the program has too many paths",
    SMALLER_LOOPS,
  ),
  rule(
    /infinite loop detected at insn (\d+)/,
    "The loop at instruction $1 has no end that the verifier can see",
    "Give the loop a constant bound, and keep its counter in a register or an aligned stack slot",
  ),
  rule(
    /back-edge from insn (\d+) to (\d+)/,
    "The program jumps or calls back from instruction $1 to $2, and this kernel wants no cycle there",
    "Unroll the loop, or replace the recursion by a loop",
  ),
  rule(
    /recursive call from (.*) to (.*)/,
    "A function calls itself, perhaps by way of others",
    "Replace the recursion by a loop",
  ),
  rule(
    /call stack of (\d+) frames is too deep/,
    "$1 functions call each other in a row, which is more than this kernel takes",
    "Inline some of them; the limit is 8 frames, from Linux 7.2 on 16",
  ),
  rule(
    /combined stack size of (\d+) calls is (\d+)\. Too large/,
    "The stack frames of $1 functions need $2 bytes together, and there are 512",
    STACK,
  ),
  rule(
    /tail_calls? (?:are|is) not allowed when call stack of previous frames is (\d+) bytes/,
    "A tail call is made below frames of $1 bytes, and they must stay under 256",
    STACK,
  ),
  rule(
    /tail_call is not allowed in subprogs without BTF/,
    "A function makes a tail call, and the program has no BTF that describes the function",
    "Build with debug information (-g)",
  ),
  rule(
    /last insn is not an exit or jmp|(?:can )?fall.?through/i,
    "A function does not end in exit or a jump",
    "Return from every path",
  ),
  rule(
    /cannot return stack pointer to the caller/,
    "A function returns the address of one of its own locals",
    "Let the caller pass the memory in",
  ),
  rule(
    /jump (?:out of range|into the middle of ldimm64)/,
    "A jump leads outside its function or into the middle of an instruction",
    "Check the offsets; they count slots of 8 bytes",
  ),
  rule(
    /no direct value access support for this map type/,
    "Only maps of type array have values with an address of their own",
    "Look the value up with bpf_map_lookup_elem",
  ),
  rule(
    /invalid access to map value pointer, value_size=(\d+) off=(\d+)/,
    "The address at offset $2 lies outside the map's value of $1 bytes, or the map has more than one value",
    "Take addresses inside the value of a map with one entry",
  ),
  rule(
    /fd (\d+) is not pointing to valid bpf_map/,
    "An instruction names descriptor $1, which is not a map",
    "Create the map before the program loads, and keep it open until then",
  ),
  rule(
    /(?:number of funcs in func_info|missing func_info|func_info)/,
    "The function records of the program's BTF do not match its functions",
    "This kernel may be too old for callbacks (Linux 5.13); otherwise build the object again",
  ),
  rule(
    /attach_btf_id (\d+) is not a function|attach_btf_id is invalid|btf_id (\d+) is not|Tracing program|must provide btf_id/,
    "The target of the program is not something that this program type attaches to",
    "Name a function or a tracepoint that this kernel has",
  ),
  rule(
    /\[(\d+)\] .*Invalid btf_info/,
    "Type $1 of the program's BTF is of a kind that this kernel does not know",
    "Load through loadCollection(), which leaves newer kinds out",
  ),
  rule(
    /Invalid name/,
    "The program's BTF has a name that the kernel does not take",
    "Use letters, digits, underscores and dots",
  ),
  rule(
    /Invalid (?:arg#\d+|member|type_id|btf|vlen|size)/,
    "The program's BTF is not valid for this kernel",
    "Build the object again; name every parameter, and keep members in order",
  ),
];
