// Matrix: the oldest and the newest kernel: the language.
import assert from "node:assert/strict";

import { loadCollection, run, VerifierError } from "@ocelli/linux";
import { kernelTest } from "@ocelli/testkit";

import { compile } from "./compile.ts";
import { formatSourceDiagnostic } from "./parse/format.ts";
import { randomProgram } from "./testing/random-program.ts";

const PROGRAMS = Number(process.env["OCELLI_PROGRAMS"] ?? 60);
const FIRST = Number(process.env["OCELLI_FIRST_PROGRAM"] ?? 1);

const ARGUMENTS: readonly (readonly bigint[])[] = [
  [0n, 1n, 2n, 3n],
  [0xffff_ffff_ffff_ffffn, 0x8000_0000_0000_0000n, 0x7fff_ffffn, 0x8000_0000n],
  [0x1234_5678_9abc_def0n, 5n, 0xffff_fff0n, 77n],
];

kernelTest(
  "compile() makes random programs that the verifier takes and that compute what BigInt computes",
  { needs: ["syscall_program", "bpf_loop"], timeoutMs: 3_600_000 },
  () => {
    const wrong: string[] = [];
    const counts = { refusedByUs: 0, refusedByVerifier: 0, different: 0 };
    for (let seed = FIRST; seed < FIRST + PROGRAMS; seed += 1) {
      const program = randomProgram(seed, true);
      const compiled = compile(program.source, { file: `seed-${seed}.bpf.ts` });
      // What needs more stack than there is has to be refused.
      if (compiled.diagnostics.every(({ code }) => code === "stack-size") && !compiled.ok) continue;
      if (!compiled.ok) {
        counts.refusedByUs += 1;
        const said = compiled.diagnostics.map((one) =>
          formatSourceDiagnostic("p.ts", program.source, one),
        );
        wrong.push(`seed ${seed}: ${said.join("\n")}`);
        continue;
      }
      for (const args of ARGUMENTS) {
        try {
          using loaded = loadCollection(compiled.value.collection);
          const context = new Uint8Array(96);
          const view = new DataView(context.buffer);
          args.forEach((one, index) => view.setBigUint64(index * 8, one, true));
          assert.equal(run(loaded.program("p"), { context }).returnValue, 7);
          const found = Array.from({ length: 8 }, (_, index) => {
            const key = new Uint8Array(new Uint32Array([index]).buffer);
            const bytes = loaded.map("out").lookup(key) ?? new Uint8Array(8);
            return new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true);
          });
          const expected = program.run(args);
          if (found.join() === expected.join()) continue;
          counts.different += 1;
          wrong.push(`seed ${seed}: gives ${found.join()} instead of ${expected.join()}`);
        } catch (error) {
          if (!(error instanceof VerifierError)) throw error;
          counts.refusedByVerifier += 1;
          wrong.push(`seed ${seed}: ${error.message}`);
        }
        break;
      }
    }
    assert.deepEqual([counts, wrong], [{ refusedByUs: 0, refusedByVerifier: 0, different: 0 }, []]);
  },
);
