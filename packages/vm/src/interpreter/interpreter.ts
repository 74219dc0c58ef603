import { NO_HELPERS, type HelperContext } from "../helper/helper.ts";
import { MOST_FUEL, type Machine, type MachineOptions } from "../machine.ts";
import { FUNCTION_BASE, WORDS } from "../program/operation.ts";
import { execute } from "./execute.ts";
import {
  createState,
  enterFunction,
  leaveFunction,
  outOfFuel,
  resetState,
  stopped,
  type State,
} from "./state.ts";

/** Makes a state whose helpers can call functions of the program back. */
export function createRunState({ program, memory, helpers = NO_HELPERS }: MachineOptions): State {
  const callable = new Set(program.callbacks);
  const invoke: HelperContext["invoke"] = (address, r1, r2, r3, r4) => {
    const { registers, pc } = state;
    const slot = (address >>> 0) - FUNCTION_BASE;
    if (!callable.has(slot)) {
      throw stopped(
        program,
        pc / WORDS,
        "helper",
        `0x${(address >>> 0).toString(16)} is not the address of a function that can be called back`,
      );
    }
    if (state.fuel === 0) throw outOfFuel(program, pc / WORDS);
    state.fuel -= 1;
    enterFunction(state, pc / WORDS, slot * WORDS);
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
  const state = createState(program, memory, helpers, invoke);
  return state;
}

/** Makes an interpreter. It needs nothing of the host, and runs every instruction exactly as RFC 9669 says. */
export function createInterpreter(options: MachineOptions): Machine {
  const { fuel = MOST_FUEL, memory } = options;
  const state = createRunState(options);
  const { registers } = state;
  return {
    memory,
    run: (r1 = 0, r2 = 0) => {
      resetState(state, r1, r2, fuel);
      execute(state, false);
      return (registers[0] ?? 0) >>> 0;
    },
    result: () => registerValue(state, 0),
    fuelLeft: () => state.fuel,
  };
}

/** A register as one unsigned number of 64 bits. */
export function registerValue({ registers }: State, register: number): bigint {
  const low = registers[register * 2] ?? 0;
  const high = registers[register * 2 + 1] ?? 0;
  return (BigInt(high >>> 0) << 32n) | BigInt(low >>> 0);
}
