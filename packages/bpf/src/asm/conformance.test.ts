import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { test } from "node:test";

import { formatDiagnostic } from "../diagnostic.ts";
import { printAssembly } from "./assembly.ts";
import { decodeInstructions } from "./decode.ts";
import { encodeInstructions } from "./encode.ts";
import type { Instruction } from "./instruction.ts";
import { parseAssembly } from "./parse.ts";

/** Tests of the suite that are left out, each with its reason. One that would pass fails the test. */
const SKIPS: Readonly<Record<string, string>> = {};

interface Row {
  readonly name: string;
  readonly prog: string;
}

function findSuite(): string | undefined {
  for (let folder = import.meta.dirname; folder !== dirname(folder); folder = dirname(folder)) {
    const candidate = join(folder, "shared/data/bpf-conformance");
    if (existsSync(candidate)) return candidate;
  }
  return undefined;
}

/** The text of one `-- name` section. */
function section(file: string, name: string): string {
  const match = new RegExp(`^-- ${name}$(.*?)(?=^-- |(?![^]))`, "ms").exec(file);
  return match?.[1] ?? "";
}

/** The suite's assembler knows a label `exit` that nobody defines: the program's first exit. */
function withExitLabel(instructions: readonly Instruction[]): Instruction[] {
  const isDefined = instructions.some(({ symbol }) => symbol === "exit");
  const first = instructions.findIndex(({ opcode }) => opcode === 0x95);
  return instructions.map((instruction, index) =>
    index === first && !isDefined && instruction.symbol === undefined
      ? Object.assign({}, instruction, { symbol: "exit" })
      : instruction,
  );
}

function assemble(text: string): string {
  const parsed = parseAssembly(text);
  if (!parsed.ok) return parsed.diagnostics.map(formatDiagnostic).join("\n");
  const encoded = encodeInstructions(withExitLabel(parsed.value));
  if (!encoded.ok) return encoded.diagnostics.map(formatDiagnostic).join("\n");
  return Buffer.from(encoded.value).toString("hex");
}

const suite = findSuite();
const missing =
  suite === undefined ? "shared/data/bpf-conformance is not beside the repository" : false;

test(
  "every program of the bpf-conformance suite assembles to the suite's bytes",
  { skip: missing },
  () => {
    assert.ok(suite !== undefined);
    const lines = readFileSync(join(suite, "assembled.ndjson"), "utf8").trimEnd().split("\n");
    // The file's shape is described in its README.
    const rows = lines.map((line) => JSON.parse(line) as Row);
    assert.equal(rows.length, 153);
    const wrong: string[] = [];
    for (const { name, prog } of rows) {
      const file: string = readFileSync(join(suite, "tests", `${name}.data`), "utf8");
      const ours = assemble(section(file, "asm"));
      if ((ours === prog) !== (SKIPS[name] === undefined)) wrong.push(`${name}:\n${ours}\n${prog}`);
      const raw: readonly string[] = section(file, "raw").match(/0x[0-9a-f]+/g) ?? [];
      if (raw.length > 0) {
        const words = new BigUint64Array(raw.map(BigInt));
        assert.equal(ours, Buffer.from(words.buffer).toString("hex"));
      }
    }
    assert.deepEqual(wrong, []);
  },
);

test(
  "every program of the bpf-conformance suite survives both notations",
  { skip: missing },
  () => {
    assert.ok(suite !== undefined);
    const lines = readFileSync(join(suite, "assembled.ndjson"), "utf8").trimEnd().split("\n");
    for (const line of lines) {
      const { prog } = JSON.parse(line) as Row;
      const decoded = decodeInstructions(Buffer.from(prog, "hex"));
      assert.ok(decoded.ok);
      for (const notation of ["kernel", "llvm"] as const) {
        const text = printAssembly(decoded.value, notation);
        assert.equal(assemble(text), prog);
      }
    }
  },
);
