import type { HelperTable, TailTarget } from "./helper/helper.ts";
import type { VmMemory } from "./memory/memory.ts";
import type { PreparedProgram } from "./program/prepare.ts";

/** What an engine needs to run a program. */
export interface MachineOptions {
  readonly program: PreparedProgram;
  readonly memory: VmMemory;
  /** None by default. */
  readonly helpers?: HelperTable;
  /**
   * How many backward jumps and calls of its own functions a run may take, at most 2^31 - 1, which is the default. Nothing
   * else can make a run long, so a run ends after this many times the program's length.
   */
  readonly fuel?: number;
}

/** A program that is ready to run, in one engine. Runs may follow each other; they share the memory. */
export interface Machine extends TailTarget {
  /**
   * Runs the program with r1 and r2, which are addresses or small numbers, and gives the lower half of r0, unsigned.
   * Throws `VmError` when the program has to be stopped.
   */
  readonly run: (r1?: number, r2?: number) => number;
  /** All of r0 after the last run, unsigned. */
  readonly result: () => bigint;
  /** What the last run left of its fuel. */
  readonly fuelLeft: () => number;
  readonly memory: VmMemory;
}

/** Fuel of a run that nobody limits. */
export const MOST_FUEL = 0x7fff_ffff;
