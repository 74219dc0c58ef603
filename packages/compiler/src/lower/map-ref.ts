import type { MapShape } from "../author/map-shape.ts";
import type { Value } from "../ir/ir.ts";

/** A map that a method is called of: one of the module, or one that was found in a map of maps. */
export interface MapRef {
  readonly name: string;
  readonly shape: MapShape;
  /** Its descriptor, or the address of the one that was found. */
  readonly pointer: () => Value;
}
