// Matrix: the oldest and the newest kernel: our runtime.
// Our verdicts beside the running kernel's. More programs: OCELLI_VERIFIER_PROGRAMS, or tools/verifier-agreement.ts.
import assert from "node:assert/strict";
import { availableParallelism } from "node:os";

import {
  encodeInstructions,
  mapSpec,
  readCollection,
  type Instruction,
  type MapSpec,
} from "@ocelli/bpf";
import {
  createMap,
  kernelTypes,
  LinuxError,
  loadCollection,
  loadProgram,
  openKernel,
  VerifierError,
} from "@ocelli/linux";
import { fixture, kernelTest, riskyProgram } from "@ocelli/testkit";

import { verifyProgram } from "./collection.ts";
import { formatVerifyReport } from "./report.ts";
import { verify } from "./verify.ts";

const PROGRAMS = Number(process.env["OCELLI_VERIFIER_PROGRAMS"] ?? 150);
const rodata = new Uint8Array(64);
rodata[8] = 7;
const MAPS: readonly MapSpec[] = [
  mapSpec({ name: "array", type: "array", valueSize: 64, maxEntries: 4 }),
  mapSpec({ name: "hash", type: "hash", valueSize: 16, maxEntries: 64 }),
  mapSpec({ name: "hash8", type: "hash", keySize: 8, valueSize: 8, maxEntries: 8 }),
  mapSpec({ name: "array1", type: "array", valueSize: 64, maxEntries: 1 }),
  mapSpec({ name: "rodata", type: "array", valueSize: 64, flags: 128, data: rodata, frozen: true }),
  mapSpec({ name: "ring", type: "ringbuf", keySize: 0, valueSize: 0, maxEntries: 4096 }),
];

/** A load of a map by its descriptor instead of its name. */
function withMap(instruction: Instruction, open: ReadonlyMap<string, number>): Instruction {
  const { reference } = instruction;
  if (reference?.kind !== "map" && reference?.kind !== "map-value") return instruction;
  const imm = open.get(reference.name) ?? -1;
  return reference.kind === "map"
    ? { ...instruction, src: 1, imm, imm2: 0 }
    : { ...instruction, src: 2, imm, imm2: reference.offset };
}

// Rules differ between kernels and those of 6.18 are followed: program streams tell kernels that are near enough.
kernelTest(
  "The verifier takes no random program that the kernel refuses, and most that it takes",
  { needs: ["ringbuf", "isa_v4", "prog_stream"] },
  () => {
    const kernel = openKernel();
    using stack = new DisposableStack();
    const open = new Map<string, number>();
    for (const spec of MAPS) {
      const map = stack.use(createMap(kernel, spec));
      if (spec.data !== undefined) map.update(new Uint8Array(4), spec.data);
      if (spec.frozen) map.freeze();
      open.set(spec.name, map.fd.value);
    }
    const maps = new Map(MAPS.map((map) => [map.name, map]));
    let both = 0;
    let taken = 0;
    for (let seed = 1; seed <= PROGRAMS; seed++) {
      const { type, instructions } = riskyProgram(seed, 8);
      const named = instructions.some(
        ({ reference }) => reference?.kind === "map" && !open.has(reference.name),
      );
      if (named) continue;
      const program = {
        name: "main",
        type,
        attachType: undefined,
        attachTo: "",
        flags: 0,
        license: "GPL",
      };
      const ours = verify(program, instructions, { maps, processors: availableParallelism() });
      // What never ends keeps the kernel busy for a million instructions.
      if (!ours.ok && ["vm-verify-loop", "vm-verify-complexity"].includes(ours.report.code))
        continue;
      const patched = instructions.map((one) => withMap(one, open));
      const bytes = encodeInstructions(patched);
      assert.ok(bytes.ok);
      let words: string | undefined;
      try {
        using _program = loadProgram(kernel, { type, bytes: bytes.value, license: "GPL" });
        taken += 1;
        if (ours.ok) both += 1;
      } catch (error) {
        if (!(error instanceof VerifierError)) throw error;
        words = error.summary;
      }
      if (ours.ok) assert.equal(words, undefined, `seed ${seed}`);
    }
    assert.ok(both >= taken * 0.97, `${both} of ${taken}`);
  },
);

kernelTest(
  "The verifier takes what clang makes of fixtures, as the kernel does",
  { needs: ["ringbuf", "isa_v4", "prog_stream"], tools: ["clang-19"] },
  () => {
    const types = kernelTypes();
    for (const name of ["vm-workloads", "object-calls", "feature-callback", "feature-maps"]) {
      const spec = readCollection(fixture(name));
      assert.ok(spec.ok);
      for (const program of spec.value.programs.values()) {
        try {
          using _loaded = loadCollection(spec.value, {
            programs: (one) => one.name === program.name,
          });
        } catch (error) {
          if (error instanceof LinuxError) continue;
          throw error;
        }
        const ours = verifyProgram(spec.value, program, { types });
        assert.equal(ours.ok ? "" : formatVerifyReport(ours.report), "", `${name} ${program.name}`);
      }
    }
  },
);
