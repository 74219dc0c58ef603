import { NO_HELPERS, type HelperContext } from "../helper/helper.ts";
import { MOST_FUEL, type Machine, type MachineOptions } from "../machine.ts";
import { EXIT_FLAG, HIGH_RESULT, TAIL_CALLS } from "../memory/layout.ts";
import { FUNCTION_BASE, WORDS } from "../program/operation.ts";
import { execute } from "./execute.ts";
import {
  createState,
  enterFunction,
  leaveFunction,
  outOfFuel,
  resetState,
  stopped,
  withPlace,
  type State,
} from "./state.ts";

/** Makes a state whose helpers can call functions of the program back and go on in other programs. */
export function createRunState({ program, memory, helpers = NO_HELPERS }: MachineOptions): State {
  const invoke: HelperContext["invoke"] = (address, r1, r2, r3, r4) => {
    const { registers, pc } = state;
    if (!state.callable.has(address | 0)) {
      throw stopped(
        program,
        pc / WORDS,
        "helper",
        `0x${(address >>> 0).toString(16)} is not the address of a function that can be called back`,
      );
    }
    if (state.fuel === 0) throw outOfFuel(program, pc / WORDS);
    state.fuel -= 1;
    enterFunction(state, pc / WORDS, ((address - FUNCTION_BASE) | 0) * WORDS);
    [r1, r2, r3, r4, 0].forEach((value, index) => {
      registers[2 + index * 2] = value;
      registers[3 + index * 2] = 0;
    });
    execute(state, false);
    const result = registers[0] ?? 0;
    leaveFunction(state);
    state.pc = pc;
    return result;
  };
  const tailCall: HelperContext["tailCall"] = (target, r1) => {
    if (state.fuel === 0) throw outOfFuel(program, state.pc / WORDS);
    try {
      return target.enter(r1, state.registers[20] ?? 0, state.fuel - 1);
    } finally {
      state.fuel = target.fuelLeft();
    }
  };
  const state = createState(program, memory, helpers, { memory, invoke, tailCall });
  return state;
}

/** Makes an interpreter. It needs nothing of the host, and runs every instruction exactly as RFC 9669 says. */
export function createInterpreter(options: MachineOptions): Machine {
  const { fuel = MOST_FUEL, memory } = options;
  const outermost = createRunState(options);
  let last = outermost;
  return {
    memory,
    run: (r1 = 0, r2 = 0) => {
      last = outermost;
      memory.words[TAIL_CALLS / 4] = 0;
      memory.words[EXIT_FLAG / 4] = 0;
      resetState(outermost, r1, r2, fuel);
      try {
        execute(outermost, false);
      } catch (error) {
        throw withPlace(options.program, outermost.pc / WORDS, error);
      } finally {
        last = outermost;
      }
      return (outermost.registers[0] ?? 0) >>> 0;
    },
    enter: (r1, frame, left) => {
      // A state of its own: a program may go on in itself while its callers wait.
      const state = createRunState(options);
      last = state;
      resetState(state, r1, 0, left, frame);
      try {
        execute(state, false);
      } catch (error) {
        throw withPlace(options.program, state.pc / WORDS, error);
      }
      last = state;
      memory.words[HIGH_RESULT / 4] = state.registers[1] ?? 0;
      return state.registers[0] ?? 0;
    },
    result: () => registerValue(last, 0),
    fuelLeft: () => last.fuel,
  };
}

/** A register as one unsigned number of 64 bits. */
export function registerValue({ registers }: State, register: number): bigint {
  const low = registers[register * 2] ?? 0;
  const high = registers[register * 2 + 1] ?? 0;
  return (BigInt(high >>> 0) << 32n) | BigInt(low >>> 0);
}
