import { sizeOfLayout, type Layout, type MapShape } from "@ocelli/compiler";

import { codecOf } from "./codec.ts";
import { readMemory, writeMemory, type Memory } from "./memory-view.ts";

/** A map in JavaScript's memory: what programs that are called directly see instead of the kernel's. */
export interface DirectMap {
  /** Answers a method of the map. */
  call(name: string, args: readonly unknown[]): unknown;
  /** Keys and values as the user side has them. */
  entries(): [key: unknown, value: unknown][];
  /** Records of a ring, oldest first. */
  readonly records: readonly unknown[];
}

const NOTHING: Layout = { kind: "int", bits: 32, signed: false };
const COUNTER: Layout = { kind: "int", bits: 64, signed: false };

function blank(layout: Layout): Memory {
  return { view: new DataView(new ArrayBuffer(sizeOfLayout(layout))), offset: 0 };
}

/** A place in a map as programs have it: a number behind `value`, a struct as it is. */
function reference(layout: Layout, memory: Memory): unknown {
  const isNumber = layout.kind === "int" || layout.kind === "be";
  if (!isNumber) return readMemory(layout, memory);
  return {
    get value(): unknown {
      return readMemory(layout, memory);
    },
    set value(next: unknown) {
      writeMemory(layout, memory, next);
    },
    add(amount: number | bigint): void {
      const sum = BigInt(readMemory(layout, memory) as number | bigint) + BigInt(amount);
      writeMemory(layout, memory, sum);
    },
  };
}

/** Makes an empty map of a shape. Throws TypeError for kinds that are not made here. */
export function directMap(shape: MapShape): DirectMap {
  const key = shape.key ?? NOTHING;
  const value = shape.value ?? COUNTER;
  const places = new Map<string, Memory>();
  const records: unknown[] = [];
  const nameOf = (given: unknown): string => {
    const memory = blank(key);
    writeMemory(key, memory, given);
    return Buffer.from(memory.view.buffer).toString("hex");
  };
  const isArray = shape.role === "array" || shape.role === "log2-hist" || shape.role === "scratch";
  const find = (given: unknown): Memory | undefined => {
    const name = nameOf(given);
    const found = places.get(name);
    if (found !== undefined || !isArray || Number(given) >= shape.maxEntries) return found;
    const made = blank(value);
    places.set(name, made);
    return made;
  };
  const put = (given: unknown, init: unknown): Memory | undefined => {
    const memory = find(given) ?? blank(value);
    const name = nameOf(given);
    if (!places.has(name) && places.size >= shape.maxEntries) {
      const [oldest] = places.keys();
      if (!shape.mapType.startsWith("lru") || oldest === undefined) return undefined;
      places.delete(oldest);
    }
    places.set(name, memory);
    writeMemory(value, memory, init);
    return memory;
  };
  const refer = (memory: Memory | undefined): unknown =>
    memory === undefined ? undefined : reference(value, memory);
  const add = (given: unknown): void => {
    const memory = find(given) ?? put(given, 0n);
    if (memory === undefined) return;
    writeMemory(value, memory, (readMemory(value, memory) as bigint) + 1n);
  };
  const methods: Readonly<Record<string, (...args: readonly unknown[]) => unknown>> = {
    lookup: (given) => refer(find(given)),
    lookupOrInit: (given, init) => refer(find(given) ?? put(given, init)),
    set(given, next, mode = "any") {
      const there = find(given) !== undefined;
      if ((mode === "noexist" && there) || (mode === "exist" && !there)) return false;
      if (isArray && !there) return false;
      return put(given, next) !== undefined;
    },
    delete: (given) => places.delete(nameOf(given)),
    get: () => refer(find(0)),
    hit: add,
    record(given) {
      const number = given as bigint;
      add(number === 0n ? 0 : number.toString(2).length);
    },
    emit(fill) {
      const memory = blank(value);
      // The argument of `emit` is a function by its type.
      const kept = (fill as (record: unknown) => unknown)(readMemory(value, memory));
      if (kept !== false) records.push(codecOf(value).read(memory.view, 0));
      return true;
    },
    kernel: () => -1,
    user: () => -1,
  };
  return {
    records,
    call(name, args) {
      const method = methods[name];
      if (method === undefined)
        throw new TypeError(`Cannot call ".${name}()" of a map of kind ${shape.role} in Node`);
      return method(...args);
    },
    entries: () =>
      [...places].map(([name, memory]) => {
        const bytes = Buffer.from(name, "hex");
        const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
        return [codecOf(key).read(view, 0), codecOf(value).read(memory.view, memory.offset)];
      }),
  };
}
