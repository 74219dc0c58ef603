// Elements of a hash map beside libbpf, on the same map and by turns; each case in a process of its own. Goal: at most
// 1.3 µs for a lookup. Needs root.
import { spawnSync } from "node:child_process";

import { mapSpec } from "@ocelli/bpf";
import {
  BatchCursor,
  createMap,
  lookupBatch,
  openKernel,
  typedMap,
  u32,
  u53,
  updateBatch,
  type BpfMap,
} from "@ocelli/linux";
import { peerPath } from "@ocelli/testkit";

import { compare } from "./support/measure.ts";
import { startPeer } from "./support/peer.ts";

const ENTRIES = 10_000;

interface Case {
  readonly title: string;
  /** What the peer calls it. */
  readonly peer: string;
  /** How often per round. */
  readonly count: number;
  /** Entries of each time. */
  readonly entries: number;
  readonly work: (map: BpfMap) => (count: number) => void;
}

const key = new Uint8Array(4);
const keyWord = new Uint32Array(key.buffer);
const value = new Uint8Array(8);

const CASES: Readonly<Record<string, Case>> = {
  lookup: {
    title: "Lookup of a key, into a buffer",
    peer: "lookup",
    count: 50_000,
    entries: 1,
    work: (map) => (count) => {
      for (let i = 0; i < count; i += 1) {
        keyWord[0] = i % ENTRIES;
        if (map.lookup(key, value) === undefined) throw new Error(`Key ${i} is missing`);
      }
    },
  },
  typed: {
    title: "Lookup of a key, typed",
    peer: "lookup",
    count: 50_000,
    entries: 1,
    work: (map) => {
      const typed = typedMap(map, u32, u53);
      return (count) => {
        for (let i = 0; i < count; i += 1)
          if (typed.get(i % ENTRIES) === undefined) throw new Error(`Key ${i} is missing`);
      };
    },
  },
  update: {
    title: "Update of a key",
    peer: "update",
    count: 50_000,
    entries: 1,
    work: (map) => (count) => {
      for (let i = 0; i < count; i += 1) {
        keyWord[0] = i % ENTRIES;
        map.update(key, value);
      }
    },
  },
  batch: {
    title: `Batch lookup of ${ENTRIES} entries`,
    peer: "batch",
    count: 20,
    entries: ENTRIES,
    work: (map) => (count) => {
      for (let i = 0; i < count; i += 1) {
        const cursor = new BatchCursor(map, ENTRIES);
        let total = 0;
        while (lookupBatch(cursor) > 0) total += cursor.count;
        if (total !== ENTRIES) throw new Error(`${total} entries were read`);
      }
    },
  },
};

async function measure({ title, peer: name, count, entries, work }: Case): Promise<void> {
  using map = createMap(
    openKernel(),
    mapSpec({ name: "bench", type: "hash", valueSize: 8, maxEntries: ENTRIES }),
  );
  const keys = Uint32Array.from({ length: ENTRIES }, (_, i) => i);
  updateBatch(map, new Uint8Array(keys.buffer), new Uint8Array(ENTRIES * 8));
  using peer = startPeer(peerPath("bench-map"), [], [map.fd.value]);
  const run = work(map);
  // Speed, so that a ratio below 1 means slower than libbpf.
  await compare(title, "M entries/s", [
    {
      name: "libbpf (C)",
      run: async () => ((count * entries) / Number(await peer.ask(`${name} ${count}`))) * 1000,
    },
    {
      name: "Ocelli",
      run: () => {
        const start = performance.now();
        run(count);
        return (count * entries) / (performance.now() - start) / 1000;
      },
    },
  ]);
}

const [only] = process.argv.slice(2);
const chosen = only === undefined ? undefined : CASES[only];
if (chosen !== undefined) await measure(chosen);
else {
  for (const name of Object.keys(CASES)) {
    const args = [...process.execArgv, import.meta.filename, name];
    const { status } = spawnSync(process.execPath, args, { stdio: "inherit" });
    if (status !== 0) process.exitCode = 1;
  }
}
