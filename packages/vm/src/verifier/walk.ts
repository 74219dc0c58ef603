// Follows every path of a program, each as far as something new may happen on it.
import {
  ACCESS_MODE,
  ATOMIC_OPERATION,
  INSTRUCTION_CLASS as CLASS,
  isExit,
  isLocalCall,
  isWide,
  OPCODE,
  type Instruction,
} from "@ocelli/bpf";

import { readRegister, writeRegister, type Analysis } from "./analysis.ts";
import { checkAlu } from "./check-alu.ts";
import { checkAtomic } from "./check-atomic.ts";
import { checkExit, checkLocalCall } from "./check-call.ts";
import { checkHelper, clearAfterCall } from "./check-helper.ts";
import { decideBranch, readBranch, refineBranch } from "./check-jump.ts";
import { checkKfunc } from "./check-kfunc.ts";
import { checkAccess } from "./check-memory.ts";
import { checkWide } from "./check-wide.ts";
import { isGoto } from "./code.ts";
import { MOST_PROCESSED, MOST_WAITING } from "./limits.ts";
import { checkNothingHeld } from "./references.ts";
import { reject } from "./reject.ts";
import { constantScalar, unknownScalar, unsignedScalar } from "./scalar.ts";
import { scalarSignExtend } from "./scalar-alu.ts";
import { copyState, currentFrame, type State } from "./state.ts";
import { previousRound, widen, type Store } from "./store.ts";

const SIZES: readonly number[] = [4, 2, 1, 8];

/** Bytes that a load or store accesses. */
export function accessSize(opcode: number): number {
  return SIZES[(opcode >> 3) & 3] ?? 8;
}

/** Verifies everything that may follow a state. */
export function walk(analysis: Analysis, store: Store, start: State): void {
  const { code, waiting } = analysis;
  let state: State | undefined = start;
  while (state !== undefined) {
    const at: State = state;
    analysis.current = at;
    analysis.processed += 1;
    if (analysis.processed > MOST_PROCESSED)
      reject(
        "vm-verify-complexity",
        `More than ${MOST_PROCESSED} instructions were processed: the program has too many paths`,
        "Bound loops more tightly, split the work over tail calls, or move loops into bpf_loop()",
      );
    const isPoint = code.prunePoints[at.instruction] === 1;
    const goesOn: boolean = isPoint && store.visit(at) ? false : step(analysis, store, at);
    if (goesOn) continue;
    store.end(at.parent);
    state = waiting.pop();
  }
}

/** Follows one instruction; `false` at the end of the path. */
function step(analysis: Analysis, store: Store, state: State): boolean {
  const instruction = analysis.code.instructions[state.instruction];
  if (instruction === undefined) return false;
  const damage = analysis.code.damaged.get(state.instruction);
  if (damage !== undefined) reject("vm-verify-instruction", damage.message, damage.hint);
  switch (instruction.opcode & 7) {
    case CLASS.alu:
    case CLASS.alu64:
      checkAlu(analysis, state, instruction);
      break;
    case CLASS.ldx:
      load(analysis, state, instruction);
      break;
    case CLASS.st:
    case CLASS.stx:
      storeTo(analysis, state, instruction);
      break;
    case CLASS.ld:
      if (isWide(instruction)) checkWide(analysis, state, instruction);
      else loadLegacy(analysis, state, instruction);
      break;
    default:
      return jump(analysis, store, state, instruction);
  }
  state.instruction += 1;
  return true;
}

function load(analysis: Analysis, state: State, instruction: Instruction): void {
  const { opcode, dst, src, offset } = instruction;
  const size = accessSize(opcode);
  const pointer = readRegister(state, src);
  const value = checkAccess(analysis, state, {
    register: src,
    pointer,
    offset,
    size,
    write: false,
    value: undefined,
    aligned: false,
  });
  const signed = (opcode & 0xe0) === ACCESS_MODE.memsx;
  if (!signed) return writeRegister(state, dst, value);
  if (value.kind === "pointer")
    reject("vm-verify-context", `A pointer is read with its sign extended`, "Load it whole", [src]);
  const number = value.kind === "scalar" ? value : unsignedScalar(size);
  writeRegister(state, dst, scalarSignExtend(number, size, true));
}

function storeTo(analysis: Analysis, state: State, instruction: Instruction): void {
  const { opcode, dst, src, offset, imm } = instruction;
  if ((opcode & 7) === CLASS.stx && (opcode & 0xe0) === ACCESS_MODE.atomic) {
    if (imm !== ATOMIC_OPERATION.store_release) return checkAtomic(analysis, state, instruction);
  }
  const value = (opcode & 7) === CLASS.stx ? readRegister(state, src) : constantScalar(BigInt(imm));
  const pointer = readRegister(state, dst);
  checkAccess(analysis, state, {
    register: dst,
    pointer,
    offset,
    size: accessSize(opcode),
    write: true,
    value,
    aligned: false,
  });
}

const LEGACY: ReadonlySet<string> = new Set([
  "socket_filter",
  "sched_cls",
  "sched_act",
  "cgroup_skb",
  "lwt_in",
  "lwt_out",
  "lwt_xmit",
  "sk_skb",
]);

/** The packet loads of classic BPF: r6 is the context, the result is in r0. */
function loadLegacy(analysis: Analysis, state: State, { opcode, src }: Instruction): void {
  if (!LEGACY.has(analysis.kind) || analysis.kind === "sk_skb" || analysis.kind.startsWith("lwt"))
    reject(
      "vm-verify-instruction",
      `Programs of type ${analysis.kind} have no packet loads of classic BPF`,
      "Use skb_load_bytes() or packet pointers",
    );
  const context = readRegister(state, 6);
  if (context.kind !== "pointer" || context.type !== "ctx" || context.offset !== 0)
    reject(
      "vm-verify-argument",
      "A packet load of classic BPF needs the context in r6",
      "Copy r1 to r6 at the start",
      [6],
    );
  if ((opcode & 0xe0) === ACCESS_MODE.ind) readRegister(state, src);
  checkNothingHeld(state, "at a packet load of classic BPF, which may end the program");
  clearAfterCall(state, unknownScalar());
}

function jump(analysis: Analysis, store: Store, state: State, instruction: Instruction): boolean {
  const { targets } = analysis.code;
  const target = targets[state.instruction] ?? 0;
  if (isExit(instruction)) return exit(analysis, store, state);
  if (isGoto(instruction)) {
    state.instruction = target;
    return true;
  }
  if (instruction.opcode === OPCODE.may_goto) return mayGoto(analysis, state, target);
  if ((instruction.opcode & 0xf0) === 0x80) {
    if (isLocalCall(instruction)) {
      const before = state.instruction;
      checkLocalCall(analysis, state, instruction);
      if (state.instruction === before) state.instruction += 1;
      return true;
    }
    if (instruction.src === 2) checkKfunc(analysis, state, instruction, store);
    else checkHelper(analysis, state, instruction);
    state.instruction += 1;
    return true;
  }
  const branch = readBranch(state, instruction);
  const decision = decideBranch(branch);
  store.jumps += 1;
  if (decision !== undefined) {
    state.instruction = decision ? target : state.instruction + 1;
    return true;
  }
  // The side on which it is not taken is followed first, as loops are left by jumps more often than entered.
  const other = fork(analysis, state, target);
  other.path = { before: state.path, instruction: state.instruction, taken: true };
  refineBranch(other, branch, true);
  state.path = { before: state.path, instruction: state.instruction, taken: false };
  refineBranch(state, branch, false);
  state.instruction += 1;
  return true;
}

/** A copy of the state that is followed later, from another instruction. */
export function fork(analysis: Analysis, state: State, instruction: number): State {
  if (analysis.waiting.length >= MOST_WAITING)
    reject(
      "vm-verify-complexity",
      `More than ${MOST_WAITING} branches wait to be followed`,
      "Bound loops more tightly, or split the work over tail calls",
    );
  const other = copyState(state);
  other.instruction = instruction;
  if (other.parent !== undefined) other.parent.branches += 1;
  analysis.waiting.push(other);
  return other;
}

/** `may_goto` ends any loop at some time: both sides exist, and what changes from round to round is not relied upon. */
function mayGoto(analysis: Analysis, state: State, target: number): boolean {
  const other = fork(analysis, state, state.instruction + 1);
  other.rounds += 1;
  const before = previousRound(state, state.instruction);
  if (before !== undefined) widen(before, other);
  state.instruction = target;
  return true;
}

function exit(analysis: Analysis, store: Store, state: State): boolean {
  const isCallback = currentFrame(state).callback !== undefined && state.frames.length > 1;
  if (!checkExit(analysis, state)) return false;
  if (!isCallback) return true;
  const before = previousRound(state, state.instruction);
  if (before !== undefined) widen(before, state);
  store.jumps += 1;
  return true;
}
