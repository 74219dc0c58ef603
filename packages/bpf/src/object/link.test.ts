import assert from "node:assert/strict";
import { test } from "node:test";

import { fixture } from "@ocelli/testkit";

import { encodeInstructions } from "../asm/encode.ts";
import { slotOffsets } from "../asm/slots.ts";
import { formatDiagnostic, type Result } from "../diagnostic.ts";
import { linkProgram } from "./link.ts";
import { readCollection } from "./read.ts";
import type { CollectionSpec, ProgramSpec } from "./spec.ts";

function valueOf<T>(result: Result<T>): T {
  if (!result.ok) throw new Error(result.diagnostics.map(formatDiagnostic).join("\n"));
  return result.value;
}

function program(collection: CollectionSpec, name: string): ProgramSpec {
  const found = collection.programs.get(name);
  assert.ok(found !== undefined, `no program ${name}`);
  return found;
}

/** Functions of the linked program in order, each with what it refers to. */
function layout(collection: CollectionSpec, name: string): [string, ...string[]][] {
  const functions: [string, ...string[]][] = [];
  for (const { symbol, reference } of valueOf(linkProgram(collection, program(collection, name)))) {
    if (symbol !== undefined) functions.push([symbol]);
    if (reference?.kind === "function") functions.at(-1)?.push(reference.name);
  }
  return functions;
}

for (const bigEndian of [false, true]) {
  test(`linkProgram() appends each function once, where it is first reached (${bigEndian ? "big" : "little"} endian)`, () => {
    const collection = valueOf(readCollection(fixture("object-calls", { bigEndian })));
    assert.deepEqual(layout(collection, "first"), [
      ["first", "replaceable", "each", "elsewhere"],
      ["replaceable", "middle"],
      ["middle", "leaf", "leaf"],
      ["leaf"],
      ["each", "leaf"],
      ["elsewhere", "hidden"],
      ["hidden", "leaf"],
    ]);
    assert.deepEqual(layout(collection, "second"), [
      ["second", "leaf", "middle"],
      ["leaf"],
      ["middle", "leaf", "leaf"],
    ]);
    assert.deepEqual(layout(collection, "third"), [["third"]]);
  });
}

test("encodeInstructions() resolves the calls of a linked program to distances in slots", () => {
  const collection = valueOf(readCollection(fixture("object-calls")));
  const linked = valueOf(linkProgram(collection, program(collection, "second")));
  const slots = slotOffsets(linked);
  const starts = new Map(linked.map(({ symbol }, index) => [symbol, slots[index] ?? 0]));
  const view = new DataView(valueOf(encodeInstructions(linked)).buffer);
  linked.forEach(({ reference }, index) => {
    if (reference?.kind !== "function") return;
    const slot = slots[index] ?? 0;
    assert.equal(view.getInt32(slot * 8 + 4, true), (starts.get(reference.name) ?? 0) - slot - 1);
  });
});

test("linkProgram() names the function that is missing, and who wants it", () => {
  const collection = valueOf(readCollection(fixture("object-calls")));
  collection.functions.delete("leaf");
  const result = linkProgram(collection, program(collection, "second"));
  assert.deepEqual(result.diagnostics.map(formatDiagnostic), [
    'error[object-undefined-function] at byte 0 of section "tc": Cannot link program "second": function "leaf", which "second" refers to, is not in the collection. Add it to the collection\'s functions',
  ]);
});

test("linkProgram() refuses a function whose first instruction has another name", () => {
  const collection = valueOf(readCollection(fixture("object-calls")));
  const leaf = collection.functions.get("leaf");
  assert.ok(leaf !== undefined);
  const [first, ...rest] = leaf.instructions;
  assert.ok(first !== undefined);
  collection.functions.set("leaf", {
    ...leaf,
    instructions: [{ ...first, symbol: "loop" }, ...rest],
  });
  const result = linkProgram(collection, program(collection, "second"));
  assert.deepEqual(result.diagnostics.map(formatDiagnostic), [
    'error[object-link-symbol] at byte 0: Cannot link function "leaf": its first instruction is named "loop". The first instruction of a function carries the function\'s name as its symbol',
  ]);
});
