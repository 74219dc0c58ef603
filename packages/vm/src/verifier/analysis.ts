import type { Btf, KconfigSpec, MapSpec, ProgramSpec } from "@ocelli/bpf";

import type { Code } from "./code.ts";
import type { ProgramKind } from "./kind.ts";
import { reject } from "./reject.ts";
import { withLink, type Scalar } from "./scalar.ts";
import { currentFrame, type Frame, type State } from "./state.ts";
import { UNWRITTEN, type Pointer, type Value } from "./value.ts";

/** What a program is verified against. */
export interface VerifyEnvironment {
  /** By the names that instructions use. */
  readonly maps: ReadonlyMap<string, MapSpec>;
  /** The types of the object that the program is from: tells which functions are global, and what lies in map values. */
  readonly btf?: Btf | undefined;
  /** The kernel's types: needed for programs that are given kernel pointers, and for kernel functions. */
  readonly kernel?: Btf | undefined;
  /** Where the kernel's configuration lies in map `.kconfig`, by name. */
  readonly kconfig?: ReadonlyMap<string, Pick<KconfigSpec, "offset">> | undefined;
  /** How many processors the machine may have: 8192 if absent. */
  readonly processors?: number | undefined;
  /** Numbers of helpers of one's own: they take anything, and give a number. */
  readonly helpers?: ReadonlySet<number> | undefined;
  /** Names of kernel functions that have something of one's own in their place: they take anything, and give a number. */
  readonly kfuncs?: ReadonlySet<string> | undefined;
}

/** What of a program the verifier looks at beside its instructions. */
export type VerifyProgram = Pick<
  ProgramSpec,
  "name" | "type" | "attachType" | "attachTo" | "flags" | "license"
>;

/** Everything that one run of the verifier shares. */
export interface Analysis {
  readonly code: Code;
  readonly live: Uint16Array;
  readonly program: VerifyProgram;
  readonly kind: ProgramKind;
  readonly environment: VerifyEnvironment;
  readonly sleepable: boolean;
  readonly gpl: boolean;
  /** Bytes that each function uses of its frame. */
  readonly stackDepths: number[];
  /** Functions that contain tail calls. */
  readonly tailCalls: Set<number>;
  /** Branches that were not followed yet. */
  readonly waiting: State[];
  processed: number;
  /** The state that is followed. */
  current: State | undefined;
  ids: number;
  /** Functions that were started on their own, e.g. a timer's, and those that still have to be. */
  readonly alone: {
    readonly function: number;
    readonly what: "global" | "async";
    readonly map?: MapSpec;
  }[];
  readonly started: Set<string>;
  /** What each load and store goes through, on the paths so far. */
  readonly pointerTypes: Map<number, Pointer["type"]>;
  /** Functions that move packets, or call one that does. */
  readonly changesPacket: ReadonlySet<number>;
  /** Whether the function that is verified now is the program, rather than a global function. */
  root: boolean;
  /** What r0 has to be at the end of the program. */
  readonly limits: { readonly min: bigint; readonly max: bigint } | undefined;
}

/** A number that nothing has yet: of a link between scalars, a pointer, a reference. */
export function freshId(analysis: Analysis): number {
  analysis.ids += 1;
  return analysis.ids;
}

/** A register that is read. */
export function readRegister(state: State, register: number): Scalar | Pointer {
  const value = currentFrame(state).registers[register] ?? UNWRITTEN;
  if (value.kind !== "unwritten") return value;
  return reject(
    "vm-verify-unwritten",
    `r${register} is read, and nothing was written to it on this path`,
    register <= 5 && register > 0
      ? "Calls leave r1 to r5 undefined: keep what is needed after one in r6 to r9 or on the stack"
      : "Give it a value on every path that leads here",
    [register],
  );
}

/** Sets a register that a program may set. */
export function writeRegister(state: State, register: number, value: Value): void {
  if (register === 10)
    reject(
      "vm-verify-frame-pointer",
      "r10 is written: it is the frame's address and read-only",
      "Copy it to another register and change that",
      [10],
    );
  currentFrame(state).registers[register] = value;
}

/** What a copy of a scalar leaves in both registers: the same object, so that what is learnt of one holds for both. */
export function linked(analysis: Analysis, frame: Frame, register: number, value: Scalar): Scalar {
  if (value.mask === 0n || value.id !== 0) return value;
  const shared = withLink(value, freshId(analysis), 0);
  frame.registers[register] = shared;
  return shared;
}

/** How a register's content is called in messages. */
export function describeKind(value: Value): string {
  if (value.kind !== "pointer") return value.kind === "scalar" ? "a number" : "nothing";
  const name = POINTER_NAMES[value.type];
  return value.nullable ? `${name} or null` : name;
}

const POINTER_NAMES: Readonly<Record<Pointer["type"], string>> = {
  ctx: "the context",
  stack: "a stack address",
  map: "a map",
  "map-value": "a map value",
  "map-key": "a map key",
  packet: "a packet address",
  "packet-meta": "a packet metadata address",
  "packet-end": "the packet's end",
  "flow-keys": "flow keys",
  socket: "a socket",
  "sock-common": "a socket",
  "tcp-sock": "a TCP socket",
  "xdp-sock": "an XDP socket",
  mem: "a memory address",
  buf: "a buffer",
  btf: "a kernel pointer",
  func: "a function",
  dynptr: "a dynptr",
  "tp-buffer": "a tracepoint's buffer",
  arena: "an arena address",
};
