import type { ProgramPlace } from "../error.ts";
import { MOST_FUEL, type MachineOptions } from "../machine.ts";
import type { VmMemory } from "../memory/memory.ts";
import { REGISTERS, WORDS } from "../program/operation.ts";
import { execute } from "./execute.ts";
import { createRunState, registerValue } from "./interpreter.ts";
import { resetState, SAVED_WORDS, withPlace } from "./state.ts";

/** A run that goes one instruction at a time, for debuggers and for learning. */
export interface Stepper {
  /** Puts the program back before its first instruction. The memory stays as it is. */
  readonly restart: (r1?: number, r2?: number) => void;
  /**
   * Runs the next instruction; a helper counts as one, with everything it calls back. `false` once the program has
   * exited. Throws `VmError` when the program has to be stopped; then `place()` is the culprit.
   */
  readonly step: () => boolean;
  /** The next instruction. */
  readonly place: () => ProgramPlace;
  /** r0 to r10, unsigned. */
  readonly registers: () => readonly bigint[];
  /** Where the active calls go on when they return, innermost first. */
  readonly callers: () => readonly ProgramPlace[];
  readonly memory: VmMemory;
}

/** Makes a stepper, standing before the first instruction with r1 and r2 zero. */
export function createStepper(options: MachineOptions): Stepper {
  const { program, memory, fuel = MOST_FUEL } = options;
  const state = createRunState(options);
  let exited = false;
  const restart = (r1 = 0, r2 = 0): void => {
    resetState(state, r1, r2, fuel);
    exited = false;
  };
  restart();
  return {
    memory,
    restart,
    step: () => {
      try {
        exited ||= execute(state, true);
      } catch (error) {
        throw withPlace(program, state.pc / WORDS, error);
      }
      return !exited;
    },
    place: () => program.placeOf(state.pc / WORDS),
    registers: () =>
      Array.from({ length: REGISTERS }, (_, register) => registerValue(state, register)),
    callers: () =>
      Array.from({ length: state.depth }, (_, index) =>
        program.placeOf((state.frames[(state.depth - 1 - index) * SAVED_WORDS] ?? 0) / WORDS),
      ),
  };
}
