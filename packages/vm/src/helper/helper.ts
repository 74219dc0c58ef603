import type { VmMap } from "../map/map.ts";
import type { VmMemory } from "../memory/memory.ts";

/**
 * How a helper's result fills r0: `int` is sign-extended (errno results are negative), `u32` (addresses too) is zero-extended, and
 * for `u64` the upper half lies in the word `HIGH_RESULT`.
 */
export type HelperResult = "int" | "u32" | "u64";

/** The number under which the machine finds what legacy packet loads (LD_ABS, LD_IND) call: context, offset and width. */
export const PACKET_LOAD = -1;

/** What a helper may use of the machine that calls it. */
export interface HelperContext {
  readonly memory: VmMemory;
  /**
   * Calls a function of the program, whose address is `address`, as a callback; gives the low half of its r0. Throws
   * what the function throws.
   */
  readonly invoke: (address: number, r1: number, r2: number, r3: number, r4: number) => number;
  /** Runs another program in place of the function that calls the helper; gives what that helper has to give. */
  readonly tailCall: (target: TailTarget, r1: number) => number;
}

/** What a tail call goes to: a machine. */
export interface TailTarget {
  /** Runs from the start with r10 = `frame` and so much fuel; gives the low half of r0, the upper one in `HIGH_RESULT`. */
  readonly enter: (r1: number, frame: number, fuel: number) => number;
  readonly fuelLeft: () => number;
}

/**
 * A function that programs call by number. Numbers pass as halves of 32 bits, never as BigInt: a call across the
 * border of WebAssembly costs ten times as much with 64-bit arguments.
 */
export interface VmHelper {
  readonly name: string;
  readonly result: HelperResult;
  /** Whether `call` reads upper halves of arguments from the words at `HIGH_ARGUMENTS`; they are not written otherwise. */
  readonly wide?: boolean;
  /** Whether `call` may set the word `EXIT_FLAG`: then the function that called it ends with its result. */
  readonly mayExit?: boolean;
  /**
   * `map_lookup_elem` alone: the map behind a handle, so that the JIT can look into arrays by itself and call other maps
   * without a detour. Whoever gives it promises that `call` does nothing else.
   */
  readonly lookup?: (handle: number) => VmMap | undefined;
  /** Gets the low halves of r1 to r5, signed; gives the low half of r0. Throws `VmError` to stop the program. */
  readonly call: (
    context: HelperContext,
    a: number,
    b: number,
    c: number,
    d: number,
    e: number,
  ) => number;
}

/** Helpers by their number. */
export type HelperTable = ReadonlyMap<number, VmHelper>;

/** A machine without helpers. */
export const NO_HELPERS: HelperTable = new Map<number, VmHelper>();
