// Matrix: the oldest and the newest kernel: our runtime.
// Random calls of the helpers on packets, here and by BPF_PROG_TEST_RUN: the same results, packets, contexts and bytes.
// OCELLI_PACKET_ROUNDS says how many runs of each kind: 150 if absent.
import assert from "node:assert/strict";
import { release } from "node:os";

import { readCollection, type CollectionSpec } from "@ocelli/bpf";
import { compareReleases, loadCollection, run, type Collection } from "@ocelli/linux";
import { createRandom, fixture, kernelTest, type Random } from "@ocelli/testkit";

import { loadInVm, type LoadedInVm } from "../load/load.ts";
import { userMap } from "../map/user.ts";
import { createRunner } from "./run.ts";

const ROUNDS = Number(process.env["OCELLI_PACKET_ROUNDS"] ?? 150);
const COMMANDS = 8;
const OUTPUT_BYTES = 32;

const key = (index: number): Uint8Array => Uint8Array.of(index, 0, 0, 0);
const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");

interface Command {
  readonly what: number;
  readonly values: readonly [number, number, number, number];
}

function encode({ what, values }: Command): Uint8Array {
  const bytes = new Uint8Array(20);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, what, true);
  values.forEach((value, index) => {
    view.setInt32(4 + index * 4, value, true);
  });
  return bytes;
}

/** A frame of IPv4, IPv6 or something else, sometimes behind VLAN tags. */
function randomFrame(random: Random): Uint8Array {
  const frame = Uint8Array.from({ length: 60 + random.int(200) }, () => random.int(256));
  if (random.int(2) === 0) frame.fill(0, 0, 6);
  else if (random.int(3) === 0) frame.fill(0xff, 0, 6);
  const type = random.pick([0x0800, 0x0800, 0x86dd, 0x8100, 0x88a8, 0x1234]);
  frame[12] = type >> 8;
  frame[13] = type & 0xff;
  frame[14] = type === 0x86dd ? 0x60 : 0x45;
  if (type === 0x8100)
    frame.set(
      [
        0x12,
        0x34,
        ...random.pick([
          [0x08, 0x00],
          [0x81, 0x00],
        ]),
      ],
      14,
    );
  return frame;
}

type Ours = LoadedInVm;

/** Runs the same in both engines and in the kernel; everything that can be seen must be equal. */
function compare(
  spec: CollectionSpec,
  random: Random,
  command: (random: Random) => Command,
  contextOf: (random: Random) => Uint8Array | undefined,
  seen: Set<string>,
): void {
  using kernel: Collection = loadCollection(spec);
  const engines: Ours[] = [
    loadInVm(spec, { engine: "interpreter" }),
    loadInVm(spec, { engine: "jit" }),
  ];
  const runners = engines.map((loaded) => createRunner(loaded, "operate", { mostBytes: 4096 }));
  for (let round = 0; round < ROUNDS; round++) {
    const frame = randomFrame(random);
    const context = contextOf(random);
    const commands = withoutShortHeaders(Array.from({ length: COMMANDS }, () => command(random)));
    const outputs = commands.map(() =>
      Uint8Array.from({ length: OUTPUT_BYTES }, () => random.int(256)),
    );
    commands.forEach((one, index) => {
      kernel.map("commands").update(key(index), encode(one));
      kernel.map("outputs").update(key(index), outputs[index] ?? new Uint8Array());
      for (const { maps } of engines) {
        const [list, places] = [maps.get("commands"), maps.get("outputs")];
        assert.ok(list !== undefined && places !== undefined);
        userMap(list).update(key(index), encode(one));
        userMap(places).update(key(index), outputs[index] ?? new Uint8Array());
      }
    });
    const input = { data: frame, ...(context === undefined ? {} : { context }) };
    const theirs = run(kernel.program("operate"), { ...input, room: 4096 });
    const contents = (lookup: (name: string, at: Uint8Array) => Uint8Array): string[] =>
      commands.map(
        ({ what, values }, index) =>
          `${what}(${values.join(", ")}) = ${hex(lookup("results", key(index)))} ${hex(lookup("outputs", key(index)))}`,
      );
    const expected = contents((name, at) => kernel.map(name).lookup(at) ?? new Uint8Array());
    for (const line of expected) {
      const result = Buffer.from(line.slice(line.indexOf("=") + 2, line.indexOf("=") + 18), "hex");
      if (result.readBigInt64LE() < 0n)
        seen.add(`${line.split("(")[0]} ${result.readBigInt64LE()}`);
    }
    runners.forEach((runner, index) => {
      const ours = runner.run(input);
      const found = contents((name, at) => {
        const map = engines[index]?.maps.get(name);
        const value = map === undefined ? undefined : userMap(map).lookup(at);
        return value instanceof Uint8Array ? value : new Uint8Array();
      });
      assert.deepEqual(found, expected, `round ${round} of ${index}`);
      assert.equal(
        hex(ours.data),
        hex(theirs.data),
        `packet of round ${round}: ${hex(frame)} after\n${expected.join("\n")}`,
      );
      assert.equal(ours.returnValue, theirs.returnValue);
      if (context !== undefined) assert.equal(hex(ours.context), hex(theirs.context));
    });
  }
}

const small = (random: Random): number =>
  random.pick([
    0, 0, 1, 2, 4, 14, 16, 20, 24, 34, 50, 60, 100, 200, 300, -1, -4, -20, 65_536, -0x8000_0000,
  ]);
/** Kernels before 6.14 leave the network header where it was when a second VLAN tag is pushed. */
const RELATIVE: readonly [number, ...number[]] =
  compareReleases(release(), "6.14") >= 0 ? [0, 1, 2] : [0, 2];
const sizes = (random: Random): number => random.pick([-40, -20, -8, -4, 0, 4, 8, 20, 32, 64]);

/** Kernels before 6.14 give sums of 32 bits. */
const FOLDS = compareReleases(release(), "6.14") >= 0;

/** Where room is made behind a header of which half is missing, the kernel moves bytes that are nobody's. */
function withoutShortHeaders(commands: readonly Command[]): readonly Command[] {
  if (!commands.some(({ what }) => what === 8)) return commands;
  return commands.map(({ what, values }) =>
    what === 4 && values[0] >= 0
      ? { what, values: [values[0] + 100, values[1], values[2], values[3]] }
      : { what, values },
  );
}

function skbCommand(random: Random): Command {
  const what = random.int(FOLDS ? 19 : 18);
  const a = small(random);
  const b = random.int(32);
  switch (what) {
    case 1:
      return { what, values: [a, b, random.pick([0, 0, 1, 2, 3, 4]), 0] };
    case 2:
    case 3: {
      const size = random.pick([0, 2, 4, 4, 1, 3]);
      const flags =
        what === 3 ? random.pick([0, 0x10, 0x20, 0x60, 0x400]) : random.pick([0, 0, 0, 0x20]);
      const from = size === 0 ? random.pick([0, 0, 5]) : random.word();
      return {
        what,
        values: [
          random.pick([24, 50, 40, 15, 200, 70_000]),
          size === 2 ? from & 0xffff : from,
          size === 2 ? random.word() & 0xffff : random.word(),
          size | flags,
        ],
      };
    }
    case 4:
      return {
        what,
        values: [
          random.pick([0, 10, 14, 40, 60, 100, 300, 1000, 70_000, -1]),
          random.pick([0, 0, 0, 1]),
          0,
          0,
        ],
      };
    case 5:
      return {
        what,
        values: [random.pick([0, 4, 14, 32, 70_000]), random.pick([0, 0, 0, 1]), 0, 0],
      };
    case 6:
      return {
        what,
        values: [random.pick([0x0081, 0xa888, 0x1234]), random.word() & 0xffff, 0, 0],
      };
    case 8:
      return {
        what,
        values: [sizes(random), random.pick([0, 1, 2]), random.pick([0, 0, 0, 0x4000]), 0],
      };
    case 10:
      return { what, values: [random.int(6), 0, 0, 0] };
    case 11:
      return { what, values: [a, b, random.pick(RELATIVE), 0] };
    case 13:
      return { what, values: [random.int(4), 0, 0, 0] };
    case 15:
      return { what, values: [random.int(19), 0, 0, 0] };
    case 16:
      return { what, values: [random.int(8), random.word(), 0, 0] };
    case 17:
      return { what, values: [random.int(3), 0, 0, 0] };
    case 18:
      return { what, values: [random.int(32), random.int(32), random.word(), 0] };
    default:
      return { what, values: [a, b, 0, 0] };
  }
}

function skbContext(random: Random): Uint8Array | undefined {
  if (random.int(3) === 0) return undefined;
  const context = new Uint8Array(192);
  const view = new DataView(context.buffer);
  view.setUint32(8, random.word(), true);
  view.setUint32(32, random.word(), true);
  for (let at = 48; at < 68; at += 4) view.setUint32(at, random.word(), true);
  view.setBigUint64(152, BigInt(random.int(1000)), true);
  return context;
}

function read(args: readonly string[]): CollectionSpec {
  const spec = readCollection(fixture("vm-helpers", { args }));
  assert.ok(spec.ok, JSON.stringify(spec));
  return spec.value;
}

kernelTest(
  "Helpers of tc programs do to packets what the kernel's do",
  { needs: ["tcx"], tools: ["clang-19"] },
  () => {
    const seen = new Set<string>();
    compare(read(["-DSKB"]), createRandom(3), skbCommand, skbContext, seen);
    assert.ok(seen.size >= 12, [...seen].toSorted().join(", "));
  },
);

// bpf_xdp_load_bytes() and its kin: 5.18, below what tcx needs.
kernelTest(
  "Helpers of XDP programs do to packets what the kernel's do",
  { needs: ["xdp", "tcx"], tools: ["clang-19"] },
  () => {
    const command = (random: Random): Command => {
      const asked = random.int(11);
      const what = asked === 4 && !FOLDS ? 5 : asked;
      const a =
        what <= 2
          ? random.pick([-300, -216, -100, -32, -16, -8, -4, -3, 0, 4, 8, 14, 20, 100, 4000])
          : small(random);
      const flags = what === 3 ? random.pick([0, 0, 1]) : random.int(32);
      return { what, values: [what === 3 ? 1 : a, flags, random.word(), 0] };
    };
    const seen = new Set<string>();
    compare(read(["-DXDP"]), createRandom(4), command, () => undefined, seen);
    assert.ok(seen.size >= 4, [...seen].toSorted().join(", "));
  },
);
