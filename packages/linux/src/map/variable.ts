import type { Codec } from "./codec.ts";
import type { MappedMemory } from "./memory.ts";

/** Where a variable lies: `VariableSpec` fits. Offsets and sizes in bytes. */
export interface VariablePlace {
  readonly name: string;
  readonly offset: number;
  readonly size: number;
}

/** A program's global variable, read and written in place while the program runs. */
export interface Variable<T> {
  readonly name: string;
  readonly writable: boolean;
  /** Reads it. Throws `closed` once the memory is. A value wider than 8 bytes may be half of two writes. */
  get(): T;
  /** Writes it. Throws `closed`, `permission` for a constant, RangeError for a value that does not fit. */
  set(value: T): void;
}

function checkPlace(memory: MappedMemory, place: VariablePlace, size: number): void {
  const { name, offset } = place;
  if (size !== place.size)
    throw new RangeError(
      `Cannot open variable "${name}" with a codec of ${size} bytes: it has ${place.size}`,
    );
  if (offset < 0 || offset + size > memory.size)
    throw new RangeError(
      `Cannot open variable "${name}" at byte ${offset}: its memory has ${memory.size} bytes`,
    );
}

/** Opens a variable with a codec of its size. */
export function openVariable<T>(
  memory: MappedMemory,
  place: VariablePlace,
  codec: Codec<T>,
): Variable<T> {
  checkPlace(memory, place, codec.size);
  const { name, offset } = place;
  return {
    name,
    writable: memory.writable,
    get: () => codec.read(memory.view(), offset),
    set: (value) => {
      codec.write(memory.writableView(), offset, value);
    },
  };
}

/**
 * A whole number that programs change too. Every operation is one atomic step for them and for all CPUs; those that
 * change it return the value before.
 */
export interface AtomicVariable<T extends number | bigint> {
  readonly name: string;
  load(): T;
  store(value: T): void;
  add(value: T): T;
  sub(value: T): T;
  and(value: T): T;
  or(value: T): T;
  xor(value: T): T;
  exchange(value: T): T;
  /** Writes `value` if it holds `expected`. */
  compareExchange(expected: T, value: T): T;
}

function checkAligned(memory: MappedMemory, place: VariablePlace, size: number): void {
  checkPlace(memory, place, size);
  if (place.offset % size !== 0)
    throw new RangeError(
      `Cannot open variable "${place.name}" for atomic steps as its offset must be a multiple of ${size}: it is ${place.offset}`,
    );
}

/** Opens a 4-byte variable for atomic steps; values are unsigned. */
export function openAtomic32(memory: MappedMemory, place: VariablePlace): AtomicVariable<number> {
  checkAligned(memory, place, 4);
  const view = memory.view();
  return openAtomic(
    memory,
    place.name,
    new Uint32Array(view.buffer, view.byteOffset + place.offset, 1),
  );
}

/** Opens an 8-byte variable for atomic steps; values are unsigned. */
export function openAtomic64(memory: MappedMemory, place: VariablePlace): AtomicVariable<bigint> {
  checkAligned(memory, place, 8);
  const view = memory.view();
  return openAtomic(
    memory,
    place.name,
    new BigUint64Array(view.buffer, view.byteOffset + place.offset, 1),
  );
}

type Words = Uint32Array | BigUint64Array;
type Step<T> = (words: Words, index: number, value: T) => T;

// What `Atomics` has for one kind of words.
interface Steps<T> {
  readonly load: (words: Words, index: number) => T;
  readonly store: Step<T>;
  readonly add: Step<T>;
  readonly sub: Step<T>;
  readonly and: Step<T>;
  readonly or: Step<T>;
  readonly xor: Step<T>;
  readonly exchange: Step<T>;
  readonly compareExchange: (words: Words, index: number, expected: T, value: T) => T;
}

function openAtomic<T extends number | bigint>(
  memory: MappedMemory,
  name: string,
  words: Words,
): AtomicVariable<T> {
  // Atomics takes both kinds of words, by overloads that a type parameter cannot choose between.
  const steps = Atomics as unknown as Steps<T>;
  // Atomics throws TypeError on detached memory; asking the memory first says `closed` instead.
  const writable = (): Words => {
    memory.writableView();
    return words;
  };
  return {
    name,
    load: () => {
      memory.view();
      return steps.load(words, 0);
    },
    store: (value) => {
      steps.store(writable(), 0, value);
    },
    add: (value) => steps.add(writable(), 0, value),
    sub: (value) => steps.sub(writable(), 0, value),
    and: (value) => steps.and(writable(), 0, value),
    or: (value) => steps.or(writable(), 0, value),
    xor: (value) => steps.xor(writable(), 0, value),
    exchange: (value) => steps.exchange(writable(), 0, value),
    compareExchange: (expected, value) => steps.compareExchange(writable(), 0, expected, value),
  };
}
