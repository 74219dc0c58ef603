import type { Instruction } from "../asm/instruction.ts";
import type { AttachType } from "../abi/attach-types.ts";
import type { MapType } from "../abi/map-types.ts";
import type { ProgramType } from "../abi/program-types.ts";
import type { Btf } from "../btf/types.ts";

/** An entry that a map gets before the programs load: a program or an inner map, by name, or plain bytes. */
export type MapEntry =
  | { readonly key: number; readonly program: string }
  | { readonly key: number; readonly map: string }
  | { readonly key: Uint8Array; readonly value: Uint8Array };

/** What makes a map a `struct_ops`: a kernel struct whose function members are programs. `data` holds the other members. */
export interface StructOpsSpec {
  /** The kernel struct's name, e.g. `tcp_congestion_ops`. */
  typeName: string;
  /** The function members and the programs that fill them. */
  functions: { member: string; program: string }[];
  /** Attached through a link (Linux 6.4). */
  link: boolean;
  /** Off for sections that start with `?`: the map is made only when asked for. */
  autocreate: boolean;
}

/** The blueprint of a map. Plain data, the same on every machine; change it freely before loading. Sizes in bytes. */
export interface MapSpec {
  name: string;
  type: MapType;
  keySize: number;
  valueSize: number;
  /** 0 for perf event arrays and rings means "decided at load": the number of CPUs. */
  maxEntries: number;
  /** BPF_F_* flags of BPF_MAP_CREATE. */
  flags: number;
  /** Type-specific: bloom filter hashes, the arena's address. */
  mapExtra: bigint;
  numaNode: number;
  pinning: "none" | "by-name";
  /** Type ids in the collection's BTF; 0 where BTF does not say. */
  keyTypeId: number;
  valueTypeId: number;
  /** What every inner map looks like, for maps of maps. */
  inner?: MapSpec;
  entries: MapEntry[];
  /** Contents of a data section's map: its only value. */
  data?: Uint8Array;
  /** `.rodata` and `.kconfig`: frozen before the programs load, so that the verifier sees constants. */
  frozen: boolean;
  /** Declaration tags on the map. */
  tags: string[];
  /** Section of the object that it came from, `""` when made by hand. */
  section: string;
  /** Present exactly for type `struct_ops`. */
  structOps?: StructOpsSpec;
}

/** The blueprint of a program: one entry function, and with it every function that it reaches once it is linked. */
export interface ProgramSpec {
  /** The function's name. */
  name: string;
  /** ELF section, e.g. `tp_btf/sched_switch`. */
  section: string;
  type: ProgramType;
  attachType: AttachType | undefined;
  /** What follows the slash of the section's name: tracepoint, kernel function, file and symbol, … */
  attachTo: string;
  /** BPF_F_* flags of BPF_PROG_LOAD: sleepable 16, xdp frags 32. */
  flags: number;
  license: string;
  /** From the legacy `version` section; 0 when absent. */
  kernelVersion: number;
  instructions: Instruction[];
  /** Off for sections that start with `?` and for struct_ops programs that no map names. */
  autoload: boolean;
}

/** A function of the object that is not an entry point; linking appends it to the programs that reach it. */
export interface FunctionSpec {
  readonly name: string;
  readonly section: string;
  readonly linkage: "static" | "global" | "weak";
  readonly instructions: readonly Instruction[];
}

/** A global variable, as a window on its section's map. Offsets and sizes in bytes. */
export interface VariableSpec {
  readonly name: string;
  /** Name of the data section's map. */
  readonly map: string;
  readonly offset: number;
  readonly size: number;
  /** Type id in the collection's BTF, 0 without BTF. */
  readonly typeId: number;
  readonly readonly: boolean;
}

/** A `.kconfig` extern: a value of the running kernel's configuration that is filled in at load. */
export interface KconfigSpec {
  readonly name: string;
  /** How its value is written; `tristate` is n 0, y 1, m 2. */
  readonly kind: "bool" | "tristate" | "char" | "int" | "char-array";
  readonly offset: number;
  readonly size: number;
  readonly signed: boolean;
  readonly weak: boolean;
}

/**
 * The blueprint of everything in an object file: deterministic from its bytes, editable before loading. Nothing in it
 * depends on the machine that reads it.
 */
export interface CollectionSpec {
  readonly littleEndian: boolean;
  license: string;
  readonly maps: Map<string, MapSpec>;
  readonly programs: Map<string, ProgramSpec>;
  readonly functions: Map<string, FunctionSpec>;
  readonly variables: Map<string, VariableSpec>;
  readonly kconfig: Map<string, KconfigSpec>;
  /** The object's own types; `undefined` when it was built without BTF. */
  readonly btf: Btf | undefined;
}
