// Matrix: the oldest and the newest kernel: our runtime.
// Random calls of helpers on maps, texts and rings, here and by BPF_PROG_TEST_RUN: the same results, contents and records.
// OCELLI_HELPER_ROUNDS says how many runs: 150 if absent.
import assert from "node:assert/strict";
import { release } from "node:os";

import { readCollection } from "@ocelli/bpf";
import {
  compareReleases,
  loadCollection,
  openKernel,
  openRingReader,
  mapEntries,
  run,
} from "@ocelli/linux";
import { createRandom, fixture, kernelTest, pinToCpu, type Random } from "@ocelli/testkit";

import { loadInVm } from "../load/load.ts";
import { userMap } from "../map/user.ts";
import { createRunner } from "./run.ts";

const ROUNDS = Number(process.env["OCELLI_HELPER_ROUNDS"] ?? 150);
const COMMANDS = 8;
const PACKET = new Uint8Array(64);
const TABLES = ["results", "outputs", "counts", "recent", "routes", "inner_one", "inner_two"];

const key = (index: number): Uint8Array => Uint8Array.of(index, 0, 0, 0);
const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");

function command(random: Random, kinds: number): Uint8Array {
  // Records often, so that the ring gets full.
  const what = kinds > 18 && random.int(4) === 0 ? 18 + random.int(3) : random.int(kinds);
  const bytes = new Uint8Array(20);
  const view = new DataView(bytes.buffer);
  const isText = what === 21 || what === 22;
  const values = [
    random.pick([0, 1, 2, 3, 5, 24, 32, 33, random.int(300), -7]),
    random.pick([0, 1, 5, 0x80, 0xc0, 0x1c0, 31, random.word()]),
    isText ? random.pick([0, 8, 10, 16, 9, 2]) : random.pick([0, 0, 0, 0, 1, 2, 3, 9]),
    random.int(4),
  ];
  view.setUint32(0, what, true);
  values.forEach((value, index) => {
    view.setInt32(4 + index * 4, value, true);
  });
  return bytes;
}

const TEXTS = [
  "12 ab",
  "12 ac",
  "12",
  "  -77x",
  "0x1fz",
  "0777",
  "99999999999999999999",
  "-9223372036854775808",
  "\t18446744073709551615",
  "zz",
  "",
  "- 5",
  "0x",
  "08",
];

function output(random: Random): Uint8Array {
  const bytes = Uint8Array.from({ length: 32 }, () => random.int(256));
  if (random.int(3) === 0) return bytes;
  bytes.fill(0);
  bytes.set(Buffer.from(TEXTS[random.int(TEXTS.length)] ?? ""));
  return bytes;
}

kernelTest(
  "Helpers on maps, texts, rings and loops give what the kernel's give",
  { needs: ["xdp", "ringbuf", "bloom_filter"], tools: ["clang-19"] },
  () => {
    using _pinned = pinToCpu(openKernel(), 0);
    // bpf_loop(), bpf_strncmp(): 5.17. Tries follow all flags, and rings watch the oldest open record, since 6.13.
    const isRecent = compareReleases(release(), "6.13") >= 0;
    // Helpers on maps give 64 bits since 6.4, and 32 before.
    const resultBytes = isRecent ? 8 : 4;
    const spec = readCollection(fixture("vm-general", { args: isRecent ? ["-DCALLBACKS"] : [] }));
    assert.ok(spec.ok);
    const kinds = isRecent ? 31 : 14;
    using kernel = loadCollection(spec.value);
    const engines = (["interpreter", "jit"] as const).map((engine) => {
      const loaded = loadInVm(spec.value, { engine });
      return {
        loaded,
        operate: createRunner(loaded, "operate"),
        jump: createRunner(loaded, "jump"),
      };
    });
    for (const { loaded } of engines) {
      const target = loaded.programs.get("target");
      const targets = loaded.maps.get("jumps")?.targets;
      assert.ok(target !== undefined && targets !== undefined);
      targets[2] = target;
    }
    const descriptor = new Uint8Array(4);
    new DataView(descriptor.buffer).setInt32(0, kernel.program("target").fd.value, true);
    kernel.map("jumps").update(key(2), descriptor);
    const random = createRandom(11);
    const seen = new Set<bigint>();
    for (let round = 0; round < ROUNDS; round++) {
      const shown: string[] = [];
      for (let index = 0; index < COMMANDS; index++) {
        const one = command(random, kinds);
        const bytes = output(random);
        shown.push(hex(one));
        kernel.map("commands").update(key(index), one);
        kernel.map("outputs").update(key(index), bytes);
        for (const { loaded } of engines) {
          const [list, outputs] = [loaded.maps.get("commands"), loaded.maps.get("outputs")];
          assert.ok(list !== undefined && outputs !== undefined);
          userMap(list).update(key(index), one);
          userMap(outputs).update(key(index), bytes);
        }
      }
      const name = random.int(10) === 0 ? "jump" : "operate";
      const { returnValue } = run(kernel.program(name), { data: PACKET });
      for (const engine of engines) {
        const { maps } = engine.loaded;
        const found = engine[name].run({ data: PACKET });
        for (const table of TABLES) {
          const map = maps.get(table);
          assert.ok(map !== undefined);
          const line = ([at, value]: readonly [Uint8Array, Uint8Array]): string =>
            `${hex(at)} ${hex(table === "results" ? value.subarray(0, resultBytes) : value)}`;
          const ours = userMap(map).entries().map(line);
          const theirs = [...mapEntries(kernel.map(table))].map(line);
          assert.deepEqual(
            ours.toSorted(),
            theirs.toSorted(),
            `${table} in round ${round} after\n${shown.join("\n")}`,
          );
        }
        assert.equal(
          found.returnValue,
          returnValue,
          `round ${round}: ${name} after\n${shown.join("\n")}`,
        );
      }
      for (const [, value] of mapEntries(kernel.map("results"))) {
        const result = Buffer.from(value).readInt32LE();
        if (result < 0 && result > -100) seen.add(BigInt(result));
      }
      if (round % 150 !== 149) continue;
      const expected: string[] = [];
      using reader = openRingReader(kernel.map("ring"), {
        onRecord: (memory, offset, length) => {
          expected.push(hex(memory.copy(offset, length)));
        },
      });
      reader.consume();
      for (const { loaded } of engines)
        assert.deepEqual(loaded.maps.get("ring")?.ring?.take().map(hex), expected);
    }
    // ENOENT, E2BIG, EAGAIN, EEXIST, EINVAL, ENOSPC and ERANGE.
    const all = [-2n, -7n, -11n, -17n, -22n, -28n, -34n];
    const wanted = isRecent ? all : [-2n, -7n, -17n, -22n];
    assert.deepEqual(
      wanted.filter((errno) => !seen.has(errno)),
      [],
    );
  },
);
