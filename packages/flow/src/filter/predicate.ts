import type { Flow, FlowFilter } from "../proto/flow.gen.ts";

/** Whether a flow passes. */
export type Predicate = (flow: Flow) => boolean;

/** What is wrong with a filter, in Hubble's words. */
export class FilterError extends Error {
  override name = "FilterError";
}

/** Adds to `into` what the set fields of `filter` ask for. Throws FilterError. */
export type FilterBuilder = (filter: FlowFilter, into: Predicate[]) => void;

/** Runs `build`; what it refuses carries `prefix` before the text. */
export function withPrefix<T>(prefix: string, build: () => T): T {
  try {
    return build();
  } catch (error) {
    if (error instanceof FilterError) throw new FilterError(`${prefix}: ${error.message}`);
    throw error;
  }
}
