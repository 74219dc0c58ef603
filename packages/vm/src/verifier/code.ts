// The program before it is followed: its functions, where branches go, and what can be said of it without looking at values.
import {
  checkInstruction,
  INSTRUCTION_CLASS as CLASS,
  isCall,
  isExit,
  isFunctionAddress,
  isLocalCall,
  OPCODE,
  resolveReferences,
  slotOffsets,
  type Btf,
  type Diagnostic,
  type Instruction,
} from "@ocelli/bpf";

import { rejectAt, Rejection } from "./reject.ts";

/** A function of the program. Instructions by index, `end` exclusive. */
export interface CodeFunction {
  readonly index: number;
  readonly name: string;
  readonly start: number;
  readonly end: number;
  /** Type id of the FUNC in the program's BTF, 0 without. */
  readonly typeId: number;
  /** Verified once for any arguments, rather than at each call with those of the call. */
  readonly global: boolean;
}

/** A program with its structure. Places are indexes of instructions, not slots. */
export interface Code {
  readonly instructions: readonly Instruction[];
  readonly slots: Uint32Array;
  readonly functions: readonly CodeFunction[];
  /** Where an instruction branches to or which function's first instruction it calls or names; -1 for none. */
  readonly targets: Int32Array;
  /** The function of each instruction. */
  readonly functionOf: Int32Array;
  /** What is worth storing a state at: 1 where paths meet or part. */
  readonly prunePoints: Uint8Array;
  /** Instructions that mean nothing, which no path may come to. */
  readonly damaged: Map<number, Diagnostic>;
}

/** The most slots that the kernel takes from a privileged program. */
export const MOST_SLOTS = 1_000_000;

/** Whether an instruction goes on at one of two places. */
export function isConditional({ opcode }: Instruction): boolean {
  const kind = opcode & 7;
  if (kind !== CLASS.jmp && kind !== CLASS.jmp32) return false;
  const operation = opcode & 0xf0;
  return operation !== 0 && operation !== 0x80 && operation !== 0x90;
}

/** Whether an instruction always goes on elsewhere. */
export function isGoto({ opcode }: Instruction): boolean {
  return opcode === OPCODE.ja || opcode === OPCODE.gotol;
}

/** Finds functions and targets. Throws a `Rejection` for jumps to nowhere. */
export function readCode(linked: readonly Instruction[], btf: Btf | undefined): Code {
  const resolved = resolveReferences(linked);
  if (!resolved.ok) {
    const [problem] = resolved.diagnostics;
    throw new Rejection(
      "vm-verify-structure",
      problem?.message ?? "Cannot resolve the program's labels",
      problem?.hint ?? "",
      [],
      0,
    );
  }
  const instructions = resolved.value;
  const slots = slotOffsets(instructions);
  const count = slots[instructions.length] ?? 0;
  if (count === 0)
    rejectAt(
      0,
      "vm-verify-structure",
      "The program has no instructions",
      "The shortest program sets r0 and exits",
    );
  if (count > MOST_SLOTS)
    rejectAt(
      0,
      "vm-verify-complexity",
      `The program has ${count} slots: the most is ${MOST_SLOTS}`,
      "Split it into programs that call each other's tails",
    );
  const indexOf = new Int32Array(count + 1).fill(-1);
  for (let index = 0; index < instructions.length; index++) indexOf[slots[index] ?? 0] = index;
  const targets = findTargets(instructions, slots, indexOf);
  const functions = findFunctions(instructions, targets, btf);
  const functionOf = new Int32Array(instructions.length);
  for (const { index, start, end } of functions) functionOf.fill(index, start, end);
  const code: Code = {
    instructions,
    slots,
    functions,
    targets,
    functionOf,
    prunePoints: new Uint8Array(instructions.length),
    damaged: new Map(),
  };
  return code;
}

/** Refuses what is wrong with a program whatever its values are. */
export function checkCode(code: Code): void {
  checkInstructions(code);
  checkFlow(code);
}

function findTargets(
  instructions: readonly Instruction[],
  slots: Uint32Array,
  indexOf: Int32Array,
): Int32Array {
  const targets = new Int32Array(instructions.length).fill(-1);
  for (const [index, instruction] of instructions.entries()) {
    const distance = distanceOf(instruction);
    if (distance === undefined) continue;
    const to = (slots[index] ?? 0) + 1 + distance;
    const target = indexOf[to] ?? -1;
    if (target < 0)
      rejectAt(
        index,
        "vm-verify-structure",
        `The ${isCall(instruction) || isFunctionAddress(instruction) ? "call" : "jump"} goes to slot ${to}: no instruction begins there`,
        `Slots 0 to ${(slots[instructions.length] ?? 1) - 1} are the program's; a 64-bit load has two`,
      );
    targets[index] = target;
  }
  return targets;
}

function distanceOf(instruction: Instruction): number | undefined {
  if (instruction.opcode === OPCODE.gotol) return instruction.imm;
  if (instruction.opcode === OPCODE.gotox) return undefined;
  if (isGoto(instruction) || isConditional(instruction)) return instruction.offset;
  if (isLocalCall(instruction) || isFunctionAddress(instruction)) return instruction.imm;
  return undefined;
}

function findFunctions(
  instructions: readonly Instruction[],
  targets: Int32Array,
  btf: Btf | undefined,
): readonly CodeFunction[] {
  const starts = new Set([0]);
  for (const [index, instruction] of instructions.entries()) {
    if (isLocalCall(instruction) || isFunctionAddress(instruction)) starts.add(targets[index] ?? 0);
    else if (instruction.functionTypeId !== undefined) starts.add(index);
  }
  const sorted = [...starts].toSorted((a, b) => a - b);
  return sorted.map((start, index) => {
    const typeId = instructions[start]?.functionTypeId ?? 0;
    const type = btf?.type(typeId);
    return {
      index,
      name:
        instructions[start]?.symbol ?? (type?.kind === "func" ? type.name : `function ${index}`),
      start,
      end: sorted[index + 1] ?? instructions.length,
      typeId,
      global: index > 0 && type?.kind === "func" && type.linkage === "global",
    };
  });
}

/** Opcodes that mean something or nothing by their other fields: that is looked at where a path comes by. */
const LATER: ReadonlySet<number> = new Set([
  0x18, 0x85, 0xbc, 0xbf, 0xc3, 0xcb, 0xd3, 0xd4, 0xd7, 0xdb, 0xdc,
]);

function checkInstructions({ instructions, slots, damaged }: Code): void {
  for (const [index, instruction] of instructions.entries()) {
    const problem = checkInstruction(instruction, slots[index]);
    const { opcode, dst, src } = instruction;
    if (problem !== undefined) {
      const isLoad = (opcode & 7) === CLASS.ldx;
      if (isLoad || (problem.code === "asm-unknown-instruction" && !LATER.has(opcode)))
        rejectAt(index, "vm-verify-instruction", problem.message, problem.hint);
      // The kernel does not look at the offset of an exit.
      if (!isExit(instruction) || dst !== 0 || src !== 0 || instruction.imm !== 0)
        damaged.set(index, problem);
    }
    if (opcode === OPCODE.callx || opcode === OPCODE.gotox)
      rejectAt(
        index,
        "vm-verify-instruction",
        `Opcode 0x${opcode.toString(16)} calls or jumps through a register, which programs may not`,
        "Call helpers by number and functions by name",
      );
    const special = opcode === OPCODE.lddw || opcode === OPCODE.call || opcode === OPCODE.may_goto;
    if (dst > 10 || (src > 10 && !special))
      rejectAt(
        index,
        "vm-verify-instruction",
        `Register r${Math.max(dst, src)} does not exist`,
        "Registers are r0 to r10",
      );
  }
}

/** Every function ends inside itself, jumps stay in it, and every instruction is reached. Marks where paths meet. */
function checkFlow(code: Code): void {
  const { instructions, functions, targets, functionOf, prunePoints } = code;
  for (const { end, name } of functions) {
    const last = instructions[end - 1];
    if (last !== undefined && !isExit(last) && !isGoto(last))
      rejectAt(
        end - 1,
        "vm-verify-structure",
        `Function "${name}" runs past its last instruction`,
        "End every function with an exit or a jump",
      );
  }
  for (const [index, instruction] of instructions.entries()) {
    if (!isGoto(instruction) && !isConditional(instruction)) continue;
    if (functionOf[targets[index] ?? 0] !== functionOf[index])
      rejectAt(
        index,
        "vm-verify-structure",
        "The jump leaves its function",
        "Jump inside a function, and call others",
      );
  }
  const reached = new Uint8Array(instructions.length);
  const open = [0];
  const visit = (index: number): void => {
    if (reached[index] === 0) {
      reached[index] = 1;
      open.push(index);
    }
  };
  reached[0] = 1;
  for (let index = open.pop(); index !== undefined; index = open.pop()) {
    const instruction = instructions[index];
    if (instruction === undefined) continue;
    const target = targets[index] ?? -1;
    if (target >= 0) {
      visit(target);
      prunePoints[target] = 1;
    }
    if (isConditional(instruction) || isCall(instruction)) prunePoints[index] = 1;
    if (!isExit(instruction) && !isGoto(instruction)) visit(index + 1);
  }
  for (const { start } of functions) if (reached[start] === 1) prunePoints[start] = 1;
  const dead = reached.indexOf(0);
  if (dead >= 0)
    rejectAt(
      dead,
      "vm-verify-unreachable",
      `Instruction ${code.slots[dead] ?? dead} is never reached`,
      "Remove it, or the jump that keeps everything from coming there",
    );
}
