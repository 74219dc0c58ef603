// Matrix: the oldest and the newest kernel: our runtime.
// The same operations on maps, with and without the kernel.
import assert from "node:assert/strict";

import { readCollection } from "@ocelli/bpf";
import { loadCollection, mapEntries, run as runInKernel } from "@ocelli/linux";
import { createRandom, fixture, kernelTest, type Random } from "@ocelli/testkit";

import { loadInVm } from "./load.ts";
import type { VmMap } from "../map/map.ts";

function operations(random: Random): Uint8Array {
  const packet = new Uint8Array(14 + 16 * 4);
  for (let at = 14; at < packet.length; at += 4) {
    packet[at] = random.pick([0, 1, 1, 2, 4, 5, 6]);
    packet[at + 1] = random.int(6);
    // 3 and the number that 9 stands for are no flags; 4 is a lock, which these values do not have.
    packet[at + 2] = random.pick([0, 0, 0, 1, 2, 3, 9]);
    packet[at + 3] = random.int(256);
  }
  return packet;
}

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");

function contents(map: VmMap): string[] {
  const { memory, spec } = map;
  const lines: string[] = [];
  for (const [key, value] of map.entries())
    lines.push(
      `${hex(memory.bytes.subarray(key, key + spec.keySize))}: ${hex(memory.bytes.subarray(value, value + spec.valueSize))}`,
    );
  return lines.toSorted();
}

kernelTest(
  "Hash tables and arrays give the kernel's results, errors and contents",
  { needs: ["xdp", "mmap_array"], tools: ["clang-19"] },
  () => {
    const spec = readCollection(fixture("vm-maps"));
    assert.ok(spec.ok);
    using kernel = loadCollection(spec.value);
    const program = kernel.program("operate");
    const engines = (["interpreter", "jit"] as const).map((engine) => {
      const loaded = loadInVm(spec.value, { engine });
      const { memory } = loaded;
      const context = memory.allocate(24);
      const packet = memory.allocate(128);
      return {
        loaded,
        run: (data: Uint8Array): number | undefined => {
          memory.bytes.set(data, packet);
          memory.view.setUint32(context, packet, true);
          memory.view.setUint32(context + 4, packet + data.length, true);
          return loaded.programs.get("operate")?.run(context);
        },
      };
    });
    const random = createRandom(1);
    const seen = new Set<string>();
    for (let round = 0; round < 60; round++) {
      const data = operations(random);
      const { returnValue } = runInKernel(program, { data });
      for (const { run, loaded } of engines) {
        assert.equal(run(data), returnValue);
        for (const name of ["results", "table", "list"]) {
          const map = loaded.maps.get(name);
          assert.ok(map !== undefined);
          const expected = [...mapEntries(kernel.map(name))].map(
            ([key, value]) => `${hex(key)}: ${hex(value)}`,
          );
          assert.deepEqual(contents(map), expected.toSorted(), `${name} in round ${round}`);
          if (name === "results")
            for (const line of expected) if (line.endsWith("ff")) seen.add(line.slice(10, 12));
        }
      }
    }
    // ENOENT, E2BIG, EEXIST, EINVAL and the lookup that found nothing (-1000).
    assert.deepEqual([...seen].toSorted(), ["18", "ea", "ef", "f9", "fe"]);
  },
);
