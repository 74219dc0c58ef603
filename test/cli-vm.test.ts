// Objects run, replayed and stepped through without a kernel, from the command line.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, suite, test } from "node:test";
import { gunzipSync, gzipSync } from "node:zlib";

import { asm, mapSpec, writeCollection, type CollectionSpec, type ProgramSpec } from "@ocelli/bpf";
import { readPackets, writePackets, type CapturedPacket } from "@ocelli/capture";

import { ocelliArguments } from "./support/cli.ts";

const folder = mkdtempSync(join(tmpdir(), `ocelli-vm-${process.pid}-`));
after(() => {
  rmSync(folder, { recursive: true });
});

function ocelli(args: readonly string[], input = ""): [number | null, string, string] {
  const { status, stdout, stderr } = spawnSync(process.execPath, ocelliArguments(args), {
    encoding: "utf8",
    input,
  });
  return [status, stdout, stderr];
}

// Drops TCP, writes 0xee over the first byte of UDP, passes the rest; counts by protocol.
const program: ProgramSpec = {
  name: "sort",
  section: "xdp",
  type: "xdp",
  attachType: "xdp",
  attachTo: "",
  flags: 0,
  license: "GPL",
  kernelVersion: 0,
  instructions: [
    ...asm`
      r6 = *(u32 *)(r1 + 0)
      r2 = *(u32 *)(r1 + 4)
      r3 = r6
      r3 += 34
      r0 = 2
      if r3 > r2 goto out
      r7 = *(u8 *)(r6 + 23)
      *(u32 *)(r10 - 4) = r7`,
    {
      opcode: 0x18,
      dst: 1,
      src: 1,
      offset: 0,
      imm: 0,
      imm2: 0,
      reference: { kind: "map", name: "protocols" },
    },
    ...asm`
      r2 = r10
      r2 += -4
      call 1
      if r0 == 0 goto verdict
      r1 = *(u64 *)(r0 + 0)
      r1 += 1
      *(u64 *)(r0 + 0) = r1
      verdict:
      r0 = 1
      if r7 == 6 goto out
      r0 = 2
      if r7 != 17 goto out
      *(u8 *)(r6 + 0) = 0xee
      out:
      exit`,
  ],
  autoload: true,
};

const protocols = mapSpec({ name: "protocols", type: "array", valueSize: 8, maxEntries: 256 });
const spec: CollectionSpec = {
  littleEndian: true,
  license: "GPL",
  maps: new Map([["protocols", protocols]]),
  programs: new Map([["sort", program]]),
  functions: new Map(),
  variables: new Map(),
  kconfig: new Map(),
  btf: undefined,
};
const written = writeCollection(spec);
assert.ok(written.ok, "the object can be written");
const object = join(folder, "sort.o");
writeFileSync(object, written.value);

const frame = (protocol: number): Uint8Array => {
  const bytes = new Uint8Array(40);
  bytes.set([0x08, 0x00, 0x45], 12);
  bytes[23] = protocol;
  return bytes;
};
const packets = [6, 17, 17, 1].map((protocol, index): CapturedPacket => ({
  interfaceIndex: 0,
  timeNs: BigInt(index) * 1_000_000n,
  originalLength: 40,
  data: frame(protocol),
}));
const interfaces = [{ linkType: 1, snapLength: 0, name: "" }];

suite("ocelli bpf replay", () => {
  const input = join(folder, "in.pcap.gz");
  writeFileSync(input, gzipSync(writePackets(packets, { format: "pcap", interfaces })));
  const expected = {
    packets: 4,
    skipped: 0,
    rewritten: 2,
    verdicts: { drop: { packets: 1, bytes: 40 }, pass: { packets: 3, bytes: 120 } },
    redirections: [],
    printed: [],
    maps: [
      {
        name: "protocols",
        entries: [
          { key: "01000000", value: "0100000000000000" },
          { key: "06000000", value: "0100000000000000" },
          { key: "11000000", value: "0200000000000000" },
        ],
        leftOut: 253,
      },
    ],
  };

  test("counts verdicts, writes what goes on and shows maps, in either engine", () => {
    for (const engine of ["interpreter", "jit"]) {
      const output = join(folder, `${engine}.pcapng.gz`);
      const [status, stdout, stderr] = ocelli([
        "bpf",
        "replay",
        object,
        "--program",
        "sort",
        "--pcap",
        input,
        "--write",
        output,
        "--engine",
        engine,
        "--json",
      ]);
      assert.equal(stderr, "");
      assert.equal(status, 0);
      assert.deepEqual(JSON.parse(stdout), expected);
      const capture = readPackets(gunzipSync(readFileSync(output)));
      assert.ok(capture.ok);
      assert.equal(capture.value.format, "pcapng");
      const rewritten = [frame(17), frame(17), frame(1)];
      for (const one of rewritten.slice(0, 2)) one[0] = 0xee;
      assert.deepEqual(
        capture.value.packets.map(({ data, timeNs }) => [
          timeNs,
          Buffer.from(data).toString("hex"),
        ]),
        rewritten.map((data, index) => [
          BigInt(index + 1) * 1_000_000n,
          Buffer.from(data).toString("hex"),
        ]),
      );
    }
  });

  test("prints the same for people, and says what is wrong with captures and names", () => {
    const args = ["bpf", "replay", object, "--program", "sort", "--pcap"];
    assert.deepEqual(ocelli([...args, input]), [
      0,
      [
        "4 packets, 2 rewritten, 0 without an Ethernet header",
        "  drop       1 packets, 40 bytes",
        "  pass       3 packets, 120 bytes",
        "map protocols",
        '  "01000000": "0100000000000000"',
        '  "06000000": "0100000000000000"',
        '  "11000000": "0200000000000000"',
        "  (253 more)",
        "",
      ].join("\n"),
      "",
    ]);
    const [status, , stderr] = ocelli([...args, object]);
    assert.equal(status, 1);
    assert.match(stderr, /begins with 0x464c457f/);
    assert.equal(ocelli(["bpf", "replay", object, "--program", "none", "--pcap", input])[0], 2);
  });
});

suite("ocelli bpf run --engine", () => {
  test("runs a program without a kernel", () => {
    const data = Buffer.from(frame(17)).toString("hex");
    for (const engine of ["interpreter", "jit"]) {
      const [status, stdout] = ocelli([
        "bpf",
        "run",
        object,
        "--program",
        "sort",
        "--data",
        data,
        "--engine",
        engine,
        "--json",
      ]);
      assert.equal(status, 0);
      const { retval, data: after } = JSON.parse(stdout) as { retval: number; data: string };
      assert.deepEqual([retval, after], [2, `ee${data.slice(2)}`]);
    }
  });
});

suite("ocelli bpf step", () => {
  const data = Buffer.from(frame(6)).toString("hex");

  test("prints every step as JSON", () => {
    const [status, stdout] = ocelli(["bpf", "step", object, "--data", data, "--json"]);
    assert.equal(status, 0);
    const lines = stdout
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as { slot?: number; text?: string; result?: string });
    const shown = lines.map(({ slot, text, result }) => result ?? `${slot}: ${text}`);
    assert.deepEqual(
      [shown.length, shown[0], shown.at(-2), shown.at(-1)],
      [20, "0: r6 = *(u32 *)(r1 +0)", "22: exit", "0x1"],
    );
  });

  test("obeys commands", () => {
    const commands = "s 4\nr\nb 7\nc\ns\nm r10-4 4\nc\nc\nrestart\nx\nq\n";
    const [status, stdout] = ocelli(["bpf", "step", object, "--data", data], commands);
    assert.equal(status, 0);
    const lines = stdout.split("\n").map((line) => line.replace(/^> /, ""));
    assert.deepEqual(
      lines.filter((line) => !line.startsWith("r")),
      [
        "   0: r6 = *(u32 *)(r1 +0)",
        "   4: r0 = 2",
        "breakpoints: 7",
        "   7: *(u32 *)(r10 -4) = r7",
        "   8: r1 = map[protocols]",
        "0x1ffc: 06 00 00 00",
        "ended: r0 = 0x1",
        "ended: r0 = 0x1",
        "   0: r6 = *(u32 *)(r1 +0)",
        'There is no command "x": s, n, c, b, r, m, w, l, restart, q',
        "",
        "",
      ],
    );
  });
});

test("ocelli bpf exec --elf runs the first code of an object", () => {
  const elf = writeCollection({
    ...spec,
    maps: new Map(),
    programs: new Map([["sort", { ...program, instructions: asm`r0 = r2; r0 += 40; exit` }]]),
  });
  assert.ok(elf.ok);
  const hex = Buffer.from(elf.value).toString("hex");
  assert.deepEqual(ocelli(["bpf", "exec", "aa bb", "--elf"], hex), [0, "2a\n", ""]);
  assert.deepEqual(ocelli(["bpf", "exec", "--elf"], "00"), [
    1,
    "",
    "error[elf-magic] at byte 0: Cannot read the file as ELF: it does not begin with 7f 45 4c 46. Give an object file, e.g. one that clang made with --target=bpf -c\n",
  ]);
});
