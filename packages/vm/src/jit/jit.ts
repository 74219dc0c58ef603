import { VmError } from "../error.ts";
import { NO_HELPERS, type HelperContext, type TailTarget } from "../helper/helper.ts";
import {
  noHelper,
  noPacket,
  outOfFuel,
  outside,
  stopped,
  withPlace,
} from "../interpreter/state.ts";
import { MOST_FUEL, type Machine, type MachineOptions } from "../machine.ts";
import {
  EXIT_FLAG,
  FLOOR,
  FRAME_BYTES,
  HIGH_RESULT,
  MAX_FRAMES,
  STACK_TOP,
  TAIL_CALLS,
} from "../memory/layout.ts";
import { FUNCTION_BASE, TRAPS } from "../program/operation.ts";
import { webAssembly, type WasmGlobal } from "../webassembly.ts";
import { askedMaps, calledHelpers, compileProgram } from "./compile.ts";
import { STOP } from "./emitter.ts";
import { findLookups } from "./lookups.ts";

/** What the JIT takes beyond what every engine takes. */
export interface JitOptions extends MachineOptions {
  /**
   * The program is known not to leave its memory, e.g. from a verifier: addresses are cut to 32 bits and not checked.
   * It still cannot touch anything outside the memory, but it may touch anything in it, and errors name no place.
   */
  readonly trusted?: boolean;
  /** Lower every function by `br_table`, as irreducible ones are: for tests and benchmarks. */
  readonly dispatch?: boolean;
}

/** What `compileProgram()` makes a module export; see there. */
interface Exports {
  readonly run: (r1: number, r2: number, frame: number) => number;
  readonly fuel: WasmGlobal<number>;
  readonly slot: WasmGlobal<number>;
  readonly frame: WasmGlobal<number>;
  readonly result: WasmGlobal<bigint>;
}

type Callback = (r1: number, r2: number, r3: number, r4: number, frame: number) => number;

/**
 * Compiles a program to WebAssembly. Gives the interpreter's results, its errors and its count of fuel.
 *
 * Throws `argument` where the host has no WebAssembly.
 */
export function createJit(options: JitOptions): Machine {
  const { program, memory, helpers = NO_HELPERS, fuel = MOST_FUEL } = options;
  if (webAssembly === undefined || memory.wasm === undefined) {
    throw new VmError(
      "argument",
      "Cannot compile the program: this host has no WebAssembly; use the interpreter",
    );
  }
  const { trusted = false, dispatch = false } = options;
  const { size: memorySize, writableEnd, words } = memory;
  const lookups = findLookups(program, helpers);
  const settings = { helpers, lookups, memorySize, writableEnd, trusted, dispatch };
  const module = new webAssembly.Module(compileProgram(program, settings));
  const context: HelperContext = { memory, invoke, tailCall };

  const stop = (why: number, slot: number, value: bigint): never => {
    switch (why) {
      case STOP.outside:
        throw outside(program, slot, BigInt.asUintN(64, value), memory);
      case STOP.fuel:
        throw outOfFuel(program, slot);
      case STOP.depth:
        throw tooDeep(slot);
      case STOP.helper:
        throw noHelper(program, slot, Number(value));
      case STOP.packet:
        throw noPacket(program, slot);
      default:
        throw stopped(program, slot, "instruction", TRAPS[Number(value)] ?? "it cannot be run");
    }
  };
  const tooDeep = (slot: number): VmError =>
    stopped(
      program,
      slot,
      "depth",
      `it calls with ${MAX_FRAMES} functions active, which are the most`,
    );
  const callByNumber = (
    number: number,
    a: number,
    b: number,
    c: number,
    d: number,
    e: number,
  ): number => {
    const helper = helpers.get(number);
    if (helper === undefined) throw noHelper(program, exports.slot.value, number);
    const low = helper.call(context, a, b, c, d, e);
    if (helper.result !== "u64") {
      memory.words[HIGH_RESULT / 4] = helper.result === "int" ? low >> 31 : 0;
    }
    return low;
  };
  const imports: Record<string, unknown> = {};
  for (const number of calledHelpers(program, helpers)) {
    const call = helpers.get(number)?.call;
    if (call !== undefined) {
      imports[number] = (a: number, b: number, c: number, d: number, e: number): number =>
        call(context, a, b, c, d, e);
    }
  }
  const instance = new webAssembly.Instance(module, {
    vm: { memory: memory.wasm, stop, callByNumber },
    helper: imports,
    map: Object.fromEntries(askedMaps(lookups).map(({ lookup }, index) => [index, lookup])),
  });
  // The module was made above to export exactly these.
  const exports = instance.exports as unknown as Exports;
  const callbacks = new Map(
    program.callbacks.map((slot) => [slot, instance.exports[`call${slot}`] as Callback]),
  );

  function invoke(address: number, r1: number, r2: number, r3: number, r4: number): number {
    const slot = exports.slot.value;
    const frame = exports.frame.value;
    const callback = callbacks.get((address >>> 0) - FUNCTION_BASE);
    if (callback === undefined) {
      throw stopped(
        program,
        slot,
        "helper",
        `0x${(address >>> 0).toString(16)} is not the address of a function that can be called back`,
      );
    }
    if (exports.fuel.value === 0) throw outOfFuel(program, slot);
    exports.fuel.value -= 1;
    if (frame < FLOOR + 2 * FRAME_BYTES) throw tooDeep(slot);
    const result = callback(r1, r2, r3, r4, frame - FRAME_BYTES);
    exports.slot.value = slot;
    exports.frame.value = frame;
    return result;
  }

  function tailCall(target: TailTarget, r1: number): number {
    const { value: left } = exports.fuel;
    if (left === 0) throw outOfFuel(program, exports.slot.value);
    try {
      return target.enter(r1, exports.frame.value, left - 1);
    } finally {
      exports.fuel.value = target.fuelLeft();
    }
  }

  const run = (r1: number, r2: number, frame: number): number => {
    try {
      return exports.run(r1, r2, frame);
    } catch (error) {
      if (webAssembly !== undefined && error instanceof webAssembly.RuntimeError) {
        throw new VmError(
          "memory",
          `Cannot run the program: it was compiled as trusted and left its memory (${error.message})`,
          { cause: error },
        );
      }
      throw withPlace(program, exports.slot.value, error);
    }
  };
  return {
    memory,
    run: (r1 = 0, r2 = 0) => {
      exports.fuel.value = fuel;
      words[TAIL_CALLS / 4] = 0;
      words[EXIT_FLAG / 4] = 0;
      return run(r1, r2, STACK_TOP) >>> 0;
    },
    enter: (r1, frame, left) => {
      exports.fuel.value = left;
      const low = run(r1, 0, frame);
      words[HIGH_RESULT / 4] = Number(BigInt.asIntN(32, exports.result.value >> 32n));
      return low;
    },
    result: () => BigInt.asUintN(64, exports.result.value),
    fuelLeft: () => exports.fuel.value,
  };
}
