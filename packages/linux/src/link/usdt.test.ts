import assert from "node:assert/strict";
import { test } from "node:test";

import * as fc from "fast-check";

import { parseUsdtArguments } from "./usdt-arguments.ts";
import { encodeUsdtSpec } from "./usdt-spec.ts";

test("parseUsdtArguments() knows every x86-64 notation", () => {
  assert.deepEqual(
    parseUsdtArguments(
      "-4@$-9 8@%rdi 2@%ax -4@-1204(%rbp) 8@(%rsp) 8@8(%rax,%rcx,4) 1@(%rax,%rdx)",
      "x64",
    ),
    [
      { size: 4, signed: true, kind: "constant", value: -9n },
      { size: 8, signed: false, kind: "register", register: "rdi" },
      { size: 2, signed: false, kind: "register", register: "ax" },
      { size: 4, signed: true, kind: "memory", register: "rbp", offset: -1204n },
      { size: 8, signed: false, kind: "memory", register: "rsp", offset: 0n },
      {
        size: 8,
        signed: false,
        kind: "indexed",
        register: "rax",
        offset: 8n,
        index: "rcx",
        scale: 4,
      },
      {
        size: 1,
        signed: false,
        kind: "indexed",
        register: "rax",
        offset: 0n,
        index: "rdx",
        scale: 1,
      },
    ],
  );
});

test("parseUsdtArguments() knows every arm64 notation", () => {
  assert.deepEqual(parseUsdtArguments("-4@5 8@x0 4@w3 -8@[sp, 16] 8@[x29, #-4] 8@[sp]", "arm64"), [
    { size: 4, signed: true, kind: "constant", value: 5n },
    { size: 8, signed: false, kind: "register", register: "x0" },
    { size: 4, signed: false, kind: "register", register: "w3" },
    { size: 8, signed: true, kind: "memory", register: "sp", offset: 16n },
    { size: 8, signed: false, kind: "memory", register: "x29", offset: -4n },
    { size: 8, signed: false, kind: "memory", register: "sp", offset: 0n },
  ]);
});

test("parseUsdtArguments() gives up on what it does not know", () => {
  assert.deepEqual(parseUsdtArguments("", "x64"), []);
  for (const text of ["8@%xmm0", "8@nameless(%rip)", "4@[zz, 4]"])
    assert.equal(parseUsdtArguments(text, "x64"), undefined);
});

test("parseUsdtArguments() ends on any text", () => {
  fc.assert(
    fc.property(fc.string({ maxLength: 60 }), (text) => {
      parseUsdtArguments(text, "x64");
      parseUsdtArguments(text, "arm64");
      return true;
    }),
  );
});

const TEXT = "-4@$-9 8@%rdi -4@-16(%rbp)";

function words(bytes: Uint8Array | undefined, size: number, count: number): string[] {
  const hex = Buffer.from(bytes ?? []).toString("hex");
  const rows = Array.from({ length: count }, (_, index) =>
    hex.slice(index * size * 2, (index + 1) * size * 2),
  );
  return [...rows, hex.slice(12 * size * 2)];
}

test("encodeUsdtSpec() lays arguments out as libbpf's header before 1.7 reads them", () => {
  const parsed = parseUsdtArguments(TEXT, "x64") ?? [];
  assert.deepEqual(words(encodeUsdtSpec(parsed, 0x1122n, "x64", 208), 16, 3), [
    "f7ffffffffffffff0000000000000120",
    "00000000000000000100000070000000",
    "f0ffffffffffffff0200000020000120",
    "22110000000000000300000000000000",
  ]);
  const indexed = parseUsdtArguments("8@8(%rax,%rcx,4)", "x64") ?? [];
  assert.equal(encodeUsdtSpec(indexed, 0n, "x64", 208), undefined);
});

test("encodeUsdtSpec() lays arguments out as libbpf's header of 1.7 reads them", () => {
  const parsed = parseUsdtArguments(`${TEXT} 8@8(%rax,%rcx,4)`, "x64") ?? [];
  assert.deepEqual(words(encodeUsdtSpec(parsed, 0x1122n, "x64", 304), 24, 4), [
    "f7ffffffffffffff00000000000000000120000000000000",
    "000000000000000001000000000070000000000000000000",
    "f0ffffffffffffff02000000000020000120000000000000",
    // kind 3; the index rcx is at 88 = 0x58, the scale 1 << 2
    "080000000000000003005820000050000000000000000000",
    "22110000000000000400000000000000",
  ]);
});

test("encodeUsdtSpec() refuses more than twelve arguments and unknown layouts", () => {
  const many = parseUsdtArguments("8@%rdi ".repeat(13), "x64") ?? [];
  assert.deepEqual(
    [encodeUsdtSpec(many, 0n, "x64", 208), encodeUsdtSpec([], 0n, "x64", 200)],
    [undefined, undefined],
  );
});
