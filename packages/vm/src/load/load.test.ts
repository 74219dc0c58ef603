import assert from "node:assert/strict";
import { suite, test } from "node:test";

import {
  asm,
  mapSpec,
  type CollectionSpec,
  type Instruction,
  type MapSpec,
  type ProgramSpec,
} from "@ocelli/bpf";

import { VmError } from "../error.ts";
import { userMap } from "../map/user.ts";
import { loadInVm } from "./load.ts";

function collection(
  maps: readonly MapSpec[],
  programs: Readonly<Record<string, readonly Instruction[]>>,
): CollectionSpec {
  const specs = Object.entries(programs).map(([name, instructions]): [string, ProgramSpec] => [
    name,
    {
      name,
      section: "xdp",
      type: "xdp",
      attachType: undefined,
      attachTo: "",
      flags: 0,
      license: "GPL",
      kernelVersion: 0,
      instructions: [...instructions],
      autoload: true,
    },
  ]);
  return {
    littleEndian: true,
    license: "GPL",
    maps: new Map(maps.map((map) => [map.name, map])),
    programs: new Map(specs),
    functions: new Map(),
    variables: new Map(),
    kconfig: new Map(),
    btf: undefined,
  };
}

const load = (dst: number, name: string): Instruction => ({
  opcode: 0x18,
  dst,
  src: 1,
  offset: 0,
  imm: 0,
  imm2: 0,
  reference: { kind: "map", name },
});

const EXIT = asm`exit`;

suite("loadInVm()", () => {
  test("gives programs their maps with entries, and their data sections", () => {
    const counts = mapSpec({
      name: "counts",
      type: "hash",
      valueSize: 8,
      maxEntries: 3,
      entries: [{ key: Uint8Array.of(7, 0, 0, 0), value: Uint8Array.of(40, 0, 0, 0, 0, 0, 0, 0) }],
    });
    const data = mapSpec({
      name: ".data",
      type: "array",
      valueSize: 6,
      data: Uint8Array.of(1, 2, 3, 4, 2, 0),
    });
    const program: Instruction[] = [
      ...asm`*(u32 *)(r10 - 4) = 7; r2 = r10; r2 += -4`,
      load(1, "counts"),
      ...asm`call 1; if r0 == 0 goto out; r6 = *(u64 *)(r0 + 0)`,
      {
        ...load(1, ".data"),
        src: 2,
        reference: { kind: "map-value", name: ".data", offset: 4 },
      },
      ...asm`r0 = *(u16 *)(r1 + 0); r0 += r6; out: exit`,
    ];
    const [first, ...rest] = program;
    assert.ok(first !== undefined);
    const named = [{ ...first, symbol: "count" }, ...rest];
    for (const engine of ["interpreter", "jit"] as const) {
      const loaded = loadInVm(collection([counts, data], { count: named }), { engine });
      assert.equal(loaded.programs.get("count")?.run(), 42);
      assert.deepEqual([...loaded.maps.keys()], ["counts", ".data"]);
    }
  });

  test("refuses maps and programs that it cannot have, and says what it has", () => {
    const arena = mapSpec({ name: "pages", type: "arena", maxEntries: 4 });
    const odd = mapSpec({ name: "odd", type: "array", keySize: 8 });
    const empty = mapSpec({ name: "none", type: "hash", maxEntries: 0 });
    const jumps = mapSpec({
      name: "jumps",
      type: "hash",
      entries: [{ key: 0, program: "main" }],
    });
    const symbol: Instruction = {
      ...load(1, ""),
      src: 0,
      reference: { kind: "ksym", name: "jiffies", typeId: 1, weak: false },
    };
    const cases: [CollectionSpec, string[] | undefined, string, string][] = [
      [
        collection([arena], {}),
        undefined,
        "argument",
        'Cannot create map "pages" of type arena: this runtime has maps of type array, percpu_array, hash, percpu_hash, lru_hash, lru_percpu_hash, lpm_trie, prog_array, array_of_maps, hash_of_maps, ringbuf, perf_event_array, queue, stack, bloom_filter, stack_trace, devmap, devmap_hash, cpumap, xskmap; an arena needs page faults and addresses of 64 bits',
      ],
      [
        collection([odd], {}),
        undefined,
        "argument",
        'Cannot create map "odd" of type array: its keys have 8 bytes: an index has 4',
      ],
      [
        collection([empty], {}),
        undefined,
        "argument",
        'Cannot create map "none" of type hash: its keys have 4 bytes, its values 4, and its entries are 0: none may be 0',
      ],
      [
        collection([jumps], {}),
        undefined,
        "argument",
        'Cannot fill map "jumps": a map of type hash holds no programs',
      ],
      [
        collection([], {}),
        ["main"],
        "program",
        'Cannot load program "main": the collection has no such program',
      ],
      [
        collection([], { main: [symbol, ...EXIT] }),
        undefined,
        "program",
        'Cannot load program "main": error[vm-unresolved] at byte 0: Cannot prepare the program: nothing resolves ".insn 0x18, r1, 0, 0, 0, 0" at slot 0, which refers to ksym "jiffies". Load the whole collection, so that maps and symbols have addresses',
      ],
    ];
    for (const [spec, programs, code, message] of cases)
      assert.throws(() => loadInVm(spec, programs === undefined ? {} : { programs }), {
        code,
        message,
      });
  });

  test("refuses objects of the other byte order, and kernel functions that nobody gave", () => {
    const swapped = { ...collection([], { main: EXIT }), littleEndian: false };
    assert.throws(() => loadInVm(swapped), {
      code: "program",
      message:
        "Cannot load a big-endian object: the machine is little-endian as WebAssembly is; build it with --target=bpfel",
    });
    const call: Instruction = {
      opcode: 0x85,
      dst: 0,
      src: 2,
      offset: 0,
      imm: 0,
      reference: { kind: "kfunc", name: "bpf_rdonly_cast", typeId: 1, weak: false },
    };
    const spec = collection([], { main: [...asm`r1 = 40; r2 = 2`, call, ...EXIT] });
    assert.throws(() => loadInVm(spec), {
      code: "program",
      message:
        'Cannot load program "main": it calls the kernel function bpf_rdonly_cast, and there is no kernel; give one in its place by the option kfuncs',
    });
    for (const engine of ["interpreter", "jit"] as const) {
      const loaded = loadInVm(spec, {
        engine,
        kfuncs: { bpf_rdonly_cast: { name: "cast", result: "u32", call: (_, a, b) => a + b } },
      });
      assert.equal(loaded.programs.get("main")?.run(), 42);
    }
  });

  test("fills in the configuration and variables, and says what is missing", () => {
    const kconfig = mapSpec({
      name: ".kconfig",
      type: "array",
      valueSize: 16,
      flags: 0x80,
      frozen: true,
      data: new Uint8Array(16),
    });
    const data = mapSpec({
      name: ".data",
      type: "array",
      valueSize: 4,
      data: Uint8Array.of(1, 0, 0, 0),
    });
    const extern: Instruction = {
      ...load(1, ""),
      src: 2,
      reference: { kind: "kconfig", name: "CONFIG_HZ" },
    };
    const global: Instruction = {
      ...load(2, ""),
      src: 2,
      reference: { kind: "map-value", name: ".data", offset: 0 },
    };
    const program = [
      extern,
      global,
      ...asm`r0 = *(u32 *)(r1 + 0); r3 = *(u8 *)(r1 + 4); r0 += r3; r3 = *(u32 *)(r2 + 0); r0 += r3; *(u32 *)(r2 + 0) = 9; exit`,
    ];
    const spec: CollectionSpec = {
      ...collection([kconfig, data], { main: program }),
      kconfig: new Map([
        [
          "CONFIG_HZ",
          { name: "CONFIG_HZ", kind: "int", offset: 0, size: 4, signed: false, weak: false },
        ],
        [
          "CONFIG_BPF",
          { name: "CONFIG_BPF", kind: "tristate", offset: 4, size: 1, signed: false, weak: false },
        ],
        [
          "CONFIG_NONE",
          { name: "CONFIG_NONE", kind: "bool", offset: 5, size: 1, signed: false, weak: true },
        ],
        [
          "CONFIG_NAME",
          {
            name: "CONFIG_NAME",
            kind: "char-array",
            offset: 8,
            size: 4,
            signed: false,
            weak: true,
          },
        ],
      ]),
      variables: new Map([
        ["count", { name: "count", map: ".data", offset: 0, size: 4, typeId: 0, readonly: false }],
      ]),
    };
    const values = new Map([
      ["CONFIG_HZ", "250"],
      ["CONFIG_BPF", "m"],
      ["CONFIG_NAME", '"longer"'],
    ]);
    const loaded = loadInVm(spec, {
      kconfig: values,
      variables: { count: Uint8Array.of(0, 1, 0, 0) },
    });
    assert.equal(loaded.programs.get("main")?.run(), 250 + 2 + 256);
    assert.deepEqual([...loaded.variable("count")], [9, 0, 0, 0]);
    const map = loaded.maps.get(".kconfig");
    assert.ok(map !== undefined);
    assert.equal(
      Buffer.from(userMap(map).entries()[0]?.[1] ?? []).toString("hex"),
      "fa000000020000006c6f6e0000000000",
    );
    const failures: [Record<string, string>, string][] = [
      [
        {},
        'Cannot fill in "CONFIG_HZ": the configuration does not have it; give it as an option, or declare it __weak to make it 0 then',
      ],
      [
        { CONFIG_HZ: "4294967296" },
        'Cannot fill in "CONFIG_HZ": 4294967296 does not fit into 4 bytes',
      ],
      [{ CONFIG_HZ: "y" }, 'Cannot fill in "CONFIG_HZ": y is no value of type int'],
    ];
    for (const [given, message] of failures)
      assert.throws(() => loadInVm(spec, { kconfig: new Map(Object.entries(given)) }), {
        code: "argument",
        message,
      });
    assert.throws(
      () => loadInVm(spec, { kconfig: values, variables: { none: new Uint8Array(1) } }),
      {
        message: 'Cannot set variable "none": the object has none of that name',
      },
    );
  });

  test("keeps programs from writing to constants, whole or in part, and lets them read", () => {
    const constants = mapSpec({
      name: ".rodata",
      type: "array",
      valueSize: 8,
      flags: 0x80,
      frozen: true,
      data: Uint8Array.of(7, 0, 0, 0, 0, 0, 0, 0),
    });
    const address = (offset: number): Instruction => ({
      ...load(1, ".rodata"),
      src: 2,
      reference: { kind: "map-value", name: ".rodata", offset },
    });
    const cases: [Instruction[], string][] = [
      [[address(0), ...asm`*(u32 *)(r1 + 0) = 9; r0 = 0; exit`], "*(u32 *)(r1 +0) = 9"],
      [
        [address(0), ...asm`r2 = 1; lock *(u64 *)(r1 + 0) += r2; exit`],
        "lock *(u64 *)(r1 +0) += r2",
      ],
      [[address(0), ...asm`*(u64 *)(r1 - 4) = 9; r0 = 0; exit`], "*(u64 *)(r1 -4) = 9"],
    ];
    for (const engine of ["interpreter", "jit"] as const) {
      for (const [program, text] of cases) {
        const loaded = loadInVm(collection([constants], { main: program }), {
          engine,
          verify: false,
        });
        assert.throws(
          () => loaded.programs.get("main")?.run(),
          (error) =>
            error instanceof VmError &&
            error.code === "memory" &&
            error.place?.text === text &&
            error.message.includes("is in what it may only read"),
        );
      }
      const reads = [address(0), ...asm`r0 = *(u64 *)(r1 + 0); exit`];
      assert.equal(
        loadInVm(collection([constants], { main: reads }), { engine })
          .programs.get("main")
          ?.run(),
        7,
      );
      const map = loadInVm(collection([constants], {}), { engine }).maps.get(".rodata");
      assert.ok(map !== undefined);
      assert.equal(userMap(map).update(new Uint8Array(4), new Uint8Array(8)), -1);
    }
  });

  test("stops programs that give a helper what is no map, or a key outside their memory", () => {
    const map = mapSpec({ name: "counts", type: "hash" });
    const noMap = asm`r1 = 5; r2 = r10; r2 += -4; call 1; exit`;
    const noKey = [load(1, "counts"), ...asm`r2 = 0; call 3; exit`];
    const noValue = [load(1, "counts"), ...asm`r2 = r10; r2 += -4; r3 = -2; r4 = 0; call 2; exit`];
    const cases: [readonly Instruction[], string][] = [
      [
        noMap,
        "Cannot run slot 3 (call bpf_map_lookup_elem#1): cannot use 0x5 as a map: it is not what a load of a map gives",
      ],
      [
        noKey,
        "Cannot run slot 3 (call bpf_map_delete_elem#3): cannot read a key of 4 bytes at 0x0: that is outside the program's memory",
      ],
      [
        noValue,
        "Cannot run slot 6 (call bpf_map_update_elem#2): cannot read a value of 4 bytes at 0xfffffffe: that is outside the program's memory",
      ],
    ];
    for (const [program, message] of cases) {
      for (const engine of ["interpreter", "jit"] as const) {
        const loaded = loadInVm(collection([map], { main: program }), { engine, verify: false });
        assert.throws(() => loaded.programs.get("main")?.run(), { message });
      }
    }
  });
});
