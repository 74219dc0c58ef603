import {
  setStandIn,
  sizeOfLayout,
  type HashMap,
  type Layout,
  type MapShape,
  type Program,
  type RingBuf,
  type Schema,
} from "@ocelli/compiler";

import { directMap, type DirectMap } from "./direct-maps.ts";
import type { TextView } from "./memory-view.ts";
import { readMemory } from "./memory-view.ts";
import type { UserValue } from "./user-value.ts";

/** What answers instead of the kernel's helpers, by name, with their arguments. */
export type DirectHelpers = Readonly<Record<string, (...args: readonly never[]) => unknown>>;

/** Programs called as functions, with maps in JavaScript's memory. One at a time per process. */
export interface Direct extends Disposable {
  /** Calls a program with what its hook would give it. */
  call(program: Program, ...args: readonly unknown[]): unknown;
  /** Calls an `xdp`, `tc` or `cgroupSkb` program with a packet; gives its verdict. */
  packet(program: Program, bytes: Uint8Array, context?: Readonly<Record<string, unknown>>): number;
  /** What a hash table holds. */
  entries<K, V>(map: HashMap<K, V>): [UserValue<K>, UserValue<V>][];
  /** What a ring was given, oldest first. */
  records<T>(ring: RingBuf<T>): UserValue<T>[];
}

const KERNEL: DirectHelpers = {
  ktimeNs: () => process.hrtime.bigint(),
  pid: () => process.pid,
  tid: () => process.pid,
  uid: () => 0,
  gid: () => 0,
  cpu: () => 0,
  random: () => Math.floor(Math.random() * 2 ** 32),
  printk: () => undefined,
  currentComm: () => "node",
  comm: (into: TextView) => into.write("node"),
};

/**
 * Calls programs of imported modules directly, so that kernel logic is tested like other code, without root. For arithmetic
 * that wraps as on the machine import the modules with `registerProgramModules({ arithmetic: true })`.
 */
export function callDirectly(helpers: DirectHelpers = {}): Direct {
  const maps = new WeakMap<object, DirectMap>();
  const mapOf = (shape: MapShape): DirectMap => {
    const known = maps.get(shape) ?? directMap(shape);
    maps.set(shape, known);
    return known;
  };
  const answers = { ...KERNEL, ...helpers };
  const before = setStandIn((name, args) => {
    const [first, ...rest] = args;
    if (isMap(first)) return mapOf(first).call(name, rest);
    const answer = answers[name];
    if (answer === undefined)
      throw new TypeError(
        `Cannot call ${name}() in Node: give callDirectly() a function of that name`,
      );
    // A helper's own type says what it is called with.
    return (answer as (...given: readonly unknown[]) => unknown)(...args);
  });
  const call: Direct["call"] = (program, ...args) =>
    (program.body as (...given: readonly unknown[]) => unknown)(...args);
  return {
    call,
    packet(program, bytes, context = {}) {
      const verdict = call(program, { ...context, len: bytes.length, packet: () => cursor(bytes) });
      return Number(verdict);
    },
    entries: <K, V>(map: HashMap<K, V>) => mapOf(map).entries() as [UserValue<K>, UserValue<V>][],
    records: <T>(ring: RingBuf<T>) => [...mapOf(ring).records] as UserValue<T>[],
    [Symbol.dispose]: () => {
      setStandIn(before);
    },
  };
}

function isMap(value: unknown): value is MapShape {
  return typeof value === "object" && value !== null && "kind" in value && value.kind === "map";
}

const FARTHEST = 0x7fff;

/** A cursor over a packet: what does not fit any more is `undefined`. */
function cursor(bytes: Uint8Array): object {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  let at = 0;
  return {
    read(schema: Schema<unknown>): unknown {
      const layout: Layout = schema.layout;
      const end = at + sizeOfLayout(layout);
      if (end > bytes.length) return undefined;
      const value = readMemory(layout, { view, offset: at });
      at = end;
      return value;
    },
    skip(distance: number): void {
      at = distance < 0 || distance > FARTHEST ? Number.POSITIVE_INFINITY : at + distance;
    },
  };
}
