import type { HelperTable } from "../helper/helper.ts";
import { MAP_BASE, type VmMap } from "../map/map.ts";
import { REGISTERS, WORDS } from "../program/operation.ts";
import type { PreparedProgram } from "../program/prepare.ts";

/** `bpf_map_lookup_elem()`. */
const LOOKUP = 1;
/** How far back a map's load may lie. */
const MOST_STEPS = 64;

/** What is likely to be looked up where: maps by the slot of a call. */
export type Lookups = ReadonlyMap<number, { readonly handle: number; readonly map: VmMap }>;

/**
 * Guesses which map a lookup is for, by going back from the call to the load of r1. The code that is made of a guess compares
 * r1 with the map's handle, and so is right where the guess is wrong; where r1 is a constant, V8 leaves the comparison out.
 */
export function findLookups(program: PreparedProgram, helpers: HelperTable): Lookups {
  const found = new Map<number, { handle: number; map: VmMap }>();
  const lookup = helpers.get(LOOKUP)?.lookup;
  if (lookup === undefined) return found;
  const { code } = program;
  for (let at = 0; at < code.length; at += WORDS) {
    if (code[at] !== 0x85 || code[at + 3] !== LOOKUP) continue;
    const handle = guessHandle(program, at);
    const map = handle === undefined ? undefined : lookup(handle);
    if (handle !== undefined && map !== undefined) found.set(at / WORDS, { handle, map });
  }
  return found;
}

// The handle that r1 probably holds at a call.
function guessHandle({ code, constants }: PreparedProgram, call: number): number | undefined {
  let half = 2;
  for (let at = call - WORDS, steps = 0; at >= 0 && steps < MOST_STEPS; at -= WORDS, steps++) {
    const operation = code[at] ?? 0;
    if (operation === 0x85 && half <= 10) return undefined;
    const kind = operation & 7;
    const writes = operation === 0x18 || kind === 1 || kind === 4 || kind === 7;
    if (!writes || (code[at + 1] ?? 0) !== half) continue;
    if (operation !== 0x18 && operation !== 0xbf) return undefined;
    const source = code[at + 2] ?? 0;
    if (source < REGISTERS * 2) half = source;
    else {
      const handle = (constants[source - REGISTERS * 2] ?? 0) >>> 0;
      return handle >= MAP_BASE ? handle : undefined;
    }
  }
  return undefined;
}
