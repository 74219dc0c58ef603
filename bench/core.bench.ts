// Relocating an object with 30 programs against the running kernel: from vmlinux's types on disk to patched instructions,
// ours beside libbpf's, by turns. Goal: half of libbpf's speed. Needs root, which libbpf asks for.
import { readFileSync } from "node:fs";

import { applyCoreRelocations, readBtf, readCollection } from "@ocelli/bpf";
import { fixturePath, peerPath } from "@ocelli/testkit";

import { compare } from "./support/measure.ts";
import { startPeer } from "./support/peer.ts";

const object = fixturePath("core-thirty");
const read = readCollection(readFileSync(object));
if (!read.ok || read.value.btf === undefined) throw new Error(`Cannot read ${object}`);
const { btf, programs } = read.value;
const all = [...programs.values()].map(({ instructions }) => instructions);
const relocations = all.flat().filter(({ relocation }) => relocation !== undefined).length;

function relocate(): number {
  const start = performance.now();
  const types = readBtf(readFileSync("/sys/kernel/btf/vmlinux"));
  if (!types.ok || btf === undefined) throw new Error("Cannot read the kernel's types");
  const targets = { kernel: types.value };
  for (const instructions of all) {
    const result = applyCoreRelocations(instructions, btf, targets);
    if (!result.ok || result.value.poisoned.length > 0)
      throw new Error(`Cannot relocate ${object}`);
  }
  return relocations / (performance.now() - start);
}

using peer = startPeer(peerPath("bench-core"), [object], []);
await compare(
  `Relocating ${programs.size} programs with ${relocations} relocations`,
  "relocations/ms",
  [
    {
      name: "libbpf (C)",
      run: async () => relocations / (Number(await peer.ask("")) / 1e6),
    },
    { name: "Ocelli", run: relocate },
  ],
);
