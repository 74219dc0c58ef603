// Every test of the BPF conformance suite that lies beside the repository, in every engine.
import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { suite, test } from "node:test";

import { decodeInstructions } from "@ocelli/bpf";

import { basicHelpers } from "./helper/basic.ts";
import { createInterpreter } from "./interpreter/interpreter.ts";
import { createJit } from "./jit/jit.ts";
import type { Machine, MachineOptions } from "./machine.ts";
import { createMemory } from "./memory/memory.ts";
import { prepareProgram } from "./program/prepare.ts";

const ENGINES: Readonly<Record<string, (options: MachineOptions) => Machine>> = {
  interpreter: createInterpreter,
  jit: createJit,
  "jit by br_table": (options) => createJit({ ...options, dispatch: true }),
};

interface Row {
  readonly name: string;
  readonly mem: string;
  readonly prog: string;
  readonly result: string;
}

const root = join(import.meta.dirname, "../../..");
const FILE = "shared/data/bpf-conformance/assembled.ndjson";
const path = [join(root, "..", FILE), join(root, "../..", FILE)].find(existsSync);

function readRows(): Row[] {
  if (path === undefined) return [];
  const lines = readFileSync(path, "utf8").trim().split("\n");
  return lines.map((line) => JSON.parse(line) as Row);
}

const helpers = basicHelpers({ nowNs: () => 1n, random: () => 4 });
const memory = createMemory({ size: 1 << 16 });
const start = memory.mark();

function run(engine: string, { mem, prog }: Row): string {
  const decoded = decodeInstructions(Buffer.from(prog, "hex"));
  assert.ok(decoded.ok);
  const program = prepareProgram(decoded.value);
  assert.ok(program.ok, JSON.stringify(program));
  memory.release(start);
  const bytes = Buffer.from(mem, "hex");
  const address = memory.allocate(bytes.length);
  memory.bytes.set(bytes, address);
  const machine = ENGINES[engine]?.({ program: program.value, memory, helpers, fuel: 1_000_000 });
  assert.ok(machine !== undefined);
  machine.run(bytes.length === 0 ? 0 : address, bytes.length);
  return `0x${machine.result().toString(16)}`;
}

for (const engine of Object.keys(ENGINES)) {
  suite(
    `bpf_conformance in the ${engine}`,
    {
      skip: path === undefined ? `the suite is not at ../${FILE}` : false,
    },
    () => {
      for (const row of readRows()) {
        test(row.name, () => {
          assert.equal(run(engine, row), row.result);
        });
      }
    },
  );
}
