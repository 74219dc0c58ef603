import assert from "node:assert/strict";
import { test } from "node:test";

import { formatDiagnostic, type Result } from "../../diagnostic.ts";
import { createBtfBuilder } from "../build.ts";
import { readBtf } from "../read.ts";
import type { Btf, BtfMember, BtfType } from "../types.ts";
import { printTs } from "./print.ts";

function value<T>(result: Result<T>): T {
  if (!result.ok) throw new Error(result.diagnostics.map(formatDiagnostic).join("\n"));
  return result.value;
}

function build(types: readonly BtfType[]): Btf {
  const builder = createBtfBuilder();
  for (const type of types) builder.add(type);
  return value(readBtf(builder.write()));
}

const member = (name: string, typeId: number): BtfMember => ({
  name,
  typeId,
  offsetBits: 0,
  bitfieldBits: 0,
});
const int = (
  name: string,
  size: number,
  encoding: "signed" | "unsigned" | "char" | "bool",
): BtfType => {
  return { kind: "int", name, size, bits: size * 8, offsetBits: 0, encoding };
};

const sample: BtfType[] = [
  int("int", 4, "signed"), // 1
  int("unsigned long", 8, "unsigned"), // 2
  int("char", 1, "signed"), // 3
  int("_Bool", 1, "bool"), // 4
  int("unsigned short", 2, "unsigned"), // 5
  { kind: "typedef", name: "__be16", typeId: 5 }, // 6
  { kind: "array", typeId: 3, indexTypeId: 1, length: 16 }, // 7 char[16]
  { kind: "array", typeId: 5, indexTypeId: 1, length: 2 }, // 8 u16[2]
  { kind: "array", typeId: 8, indexTypeId: 1, length: 3 }, // 9 u16[3][2]
  { kind: "fwd", name: "hidden", target: "struct" }, // 10
  { kind: "ptr", typeId: 10 }, // 11
  { kind: "ptr", typeId: 0 }, // 12 void *
  {
    kind: "enum",
    name: "state",
    size: 4,
    signed: true,
    values: [
      { name: "IDLE", value: -1 },
      { name: "class", value: 2 },
    ],
  },
  {
    kind: "enum64",
    name: "",
    size: 8,
    signed: false,
    values: [
      { name: "X", value: 2n ** 60n },
      { name: "Y", value: 1 },
    ],
  },
  { kind: "union", name: "", size: 8, members: [member("low", 1), member("high", 2)] }, // 15
  { kind: "struct", name: "", size: 8, members: [member("inner", 4)] }, // 16
  {
    kind: "func_proto",
    returnTypeId: 1,
    parameters: [
      { name: "a", typeId: 11 },
      { name: "", typeId: 0 },
    ],
  }, // 17
  { kind: "ptr", typeId: 17 }, // 18
  { kind: "struct", name: "", size: 4, members: [member("counter", 1)] }, // 19
  { kind: "typedef", name: "atomic_t", typeId: 19 }, // 20
  { kind: "ptr", typeId: 22 }, // 21
  {
    kind: "struct",
    name: "delete",
    size: 100,
    members: [
      member("pid", 1),
      member("stamp", 2),
      member("comm", 7),
      member("port", 6),
      member("grid", 9),
      member("hidden", 11),
      member("raw", 12),
      member("state", 13),
      member("wide", 14),
      member("", 15),
      member("nested", 16),
      member("call", 18),
      member("count", 20),
      member("parent", 21),
      member("", 4),
      member("function", 4),
    ],
  }, // 22
  { kind: "typedef", name: "pid_t", typeId: 1 }, // 23
];

test("printTs() declares what the root reaches, by the table of its file", () => {
  assert.equal(
    value(printTs(build(sample), { roots: [22] })),
    `export type bool = boolean;
export type u16 = number;
export type u64 = bigint;
export type i32 = number;
export type be16 = number;
export type Addr<_T = unknown> = bigint;

declare const opaque: unique symbol;

export interface hidden {
  readonly [opaque]: "struct";
}

export declare const state: {
  readonly IDLE: -1;
  readonly class: 2;
};
export type state = (typeof state)[keyof typeof state];

export interface atomic_t {
  readonly counter: i32;
}

export interface delete_ {
  readonly pid: i32;
  readonly stamp: u64;
  readonly comm: string;
  readonly port: be16;
  readonly grid: readonly (readonly u16[])[];
  readonly hidden: hidden;
  readonly raw: Addr;
  readonly state: state;
  readonly wide: 1152921504606846976n | 1n;
  readonly low: i32;
  readonly high: u64;
  readonly nested: { readonly inner: bool; };
  readonly call: Addr<(a0: hidden, ...rest: unknown[]) => i32>;
  readonly count: atomic_t;
  readonly parent: delete_;
  readonly function: bool;
}
`,
  );
});

test("printTs() prints only the fields that are asked for, into a module, with scalars from elsewhere", () => {
  const options = {
    roots: [22, 23],
    fields: new Map([["delete_", ["pid", "low", "parent"]]]),
    module: "@ocelli/compiler/vmlinux",
    scalarsFrom: "@ocelli/compiler",
  };
  assert.equal(
    value(printTs(build(sample), options)),
    `declare module "@ocelli/compiler/vmlinux" {
  import type { i32 } from "@ocelli/compiler";

  export interface delete_ {
    readonly pid: i32;
    readonly low: i32;
    readonly parent: delete_;
  }

  export type pid_t = i32;
}
`,
  );
});

test("printTs() prints every named record and enum when nothing is asked for, and nothing for nothing", () => {
  const types: BtfType[] = [
    int("__int128", 16, "signed"),
    { kind: "float", name: "double", size: 8 },
    { kind: "struct", name: "numbers", size: 24, members: [member("wide", 1), member("ratio", 2)] },
    { kind: "enum", name: "empty", size: 4, signed: false, values: [] },
  ];
  const text = value(printTs(build(types)));
  assert.equal(
    text,
    `export type u32 = number;
export type i128 = bigint;
export type f64 = number;

export interface numbers {
  readonly wide: i128;
  readonly ratio: f64;
}

export type empty = u32;
`,
  );
  assert.equal(value(printTs(build([]))), "export {};\n");
});

test("printTs() gives up on types that repeat without end", () => {
  const types: BtfType[] = [];
  for (let i = 0; i < 40; i += 1) {
    types.push({
      kind: "struct",
      name: "",
      size: 4,
      members: [member("a", i + 2), member("b", i + 2)],
    });
  }
  types.push(int("int", 4, "signed"));
  assert.deepEqual(printTs(build(types), { roots: [1] }).diagnostics.map(formatDiagnostic), [
    "error[btf-print-limit] at byte 0: Cannot print BTF as TypeScript: types repeat without end. Build the file again",
  ]);
});
