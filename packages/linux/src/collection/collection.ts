import { nearHint, type VariableSpec } from "@ocelli/bpf";

import { LinuxError } from "../error.ts";
import type { BpfMap } from "../map/map.ts";
import type { MappedMemory } from "../map/memory.ts";
import type { Program } from "../program/program.ts";

const KEY = new Uint8Array(4);

/** A global variable of a loaded collection, as bytes; `openVariable()` puts a type on mapped memory. */
export class CollectionVariable {
  readonly spec: VariableSpec;
  readonly map: BpfMap;

  constructor(spec: VariableSpec, map: BpfMap) {
    this.spec = spec;
    this.map = map;
  }

  /** A copy of its bytes now. */
  read(): Uint8Array {
    const { offset, size } = this.spec;
    return (this.map.lookup(KEY) ?? new Uint8Array(this.map.valueSize)).slice(
      offset,
      offset + size,
    );
  }

  /**
   * Writes it together with its whole section, so that a program which writes a neighbour meanwhile may lose that: use
   * `mapArray()` and `openVariable()` where that matters. Throws `permission` for a constant.
   */
  write(bytes: Uint8Array): void {
    const { name, offset, size } = this.spec;
    if (bytes.length !== size)
      throw new RangeError(
        `Cannot write variable "${name}" as it has ${size} bytes: given are ${bytes.length}`,
      );
    const section = this.map.lookup(KEY) ?? new Uint8Array(this.map.valueSize);
    section.set(bytes, offset);
    this.map.update(KEY, section);
  }
}

/** What a collection is made of. */
export interface CollectionParts {
  readonly maps: ReadonlyMap<string, BpfMap>;
  readonly programs: ReadonlyMap<string, Program>;
  readonly variables: ReadonlyMap<string, CollectionVariable>;
  /** By map: what `attachStructOps()` fills a struct_ops map with. */
  readonly structOps: ReadonlyMap<string, Uint8Array>;
  /** By map: the memory of arenas. The kernel wants them mapped before programs load, and maps each only once. */
  readonly arenas: ReadonlyMap<string, MappedMemory>;
  /** Names of maps that belong to somebody else. */
  readonly borrowed: ReadonlySet<string>;
}

/** An object file in the kernel: its maps and programs, by the names that the blueprint has. Nothing is attached yet. */
export class Collection implements Disposable, CollectionParts {
  readonly maps: ReadonlyMap<string, BpfMap>;
  readonly programs: ReadonlyMap<string, Program>;
  readonly variables: ReadonlyMap<string, CollectionVariable>;
  readonly structOps: ReadonlyMap<string, Uint8Array>;
  readonly arenas: ReadonlyMap<string, MappedMemory>;
  readonly borrowed: ReadonlySet<string>;

  constructor(parts: CollectionParts) {
    this.maps = parts.maps;
    this.programs = parts.programs;
    this.variables = parts.variables;
    this.structOps = parts.structOps;
    this.arenas = parts.arenas;
    this.borrowed = parts.borrowed;
  }

  /** The map of that name. Throws `not-found` with the names that are near. */
  map(name: string): BpfMap {
    return this.maps.get(name) ?? absent("map", name, this.maps);
  }

  /** The program of that name. Throws `not-found` with the names that are near. */
  program(name: string): Program {
    return this.programs.get(name) ?? absent("program", name, this.programs);
  }

  /** The global variable of that name. Throws `not-found` with the names that are near. */
  variable(name: string): CollectionVariable {
    return this.variables.get(name) ?? absent("variable", name, this.variables);
  }

  /** Closes all programs, and the maps and memory that are its own. What is attached or pinned lives on. */
  [Symbol.dispose](): void {
    for (const program of this.programs.values()) program[Symbol.dispose]();
    for (const memory of this.arenas.values()) memory[Symbol.dispose]();
    for (const [name, map] of this.maps) if (!this.borrowed.has(name)) map[Symbol.dispose]();
  }
}

function absent(kind: string, name: string, all: ReadonlyMap<string, unknown>): never {
  const near = nearHint(name, all.keys());
  const some = [...all.keys()].slice(0, 8).map((other) => `"${other}"`);
  const listed = some.length === 0 ? "; there are none" : `; there are ${some.join(", ")}`;
  throw new LinuxError(
    "not-found",
    `Cannot find ${kind} "${name}" in the collection${near === "" ? listed : near}`,
  );
}
