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
    const ring = mapSpec({ name: "events", type: "ringbuf", maxEntries: 4096 });
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
        collection([ring], {}),
        undefined,
        "argument",
        'Cannot create map "events" of type ringbuf: this runtime has maps of type array and hash',
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
        'Cannot fill map "jumps": this runtime has no maps of programs or of maps',
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

  test("stops programs that give a helper what is no map, or a key outside their memory", () => {
    const map = mapSpec({ name: "counts", type: "hash" });
    const noMap = asm`r1 = 5; r2 = r10; r2 += -4; call 1; exit`;
    const noKey = [load(1, "counts"), ...asm`r2 = 0; call 3; exit`];
    const noValue = [load(1, "counts"), ...asm`r2 = r10; r2 += -4; r3 = -2; r4 = 0; call 2; exit`];
    const cases: [readonly Instruction[], string][] = [
      [noMap, "Cannot use 0x5 as a map: it is not what a load of a map gives"],
      [noKey, "Cannot read a key of 4 bytes at 0x0: that is outside the program's memory"],
      [
        noValue,
        "Cannot read a value of 4 bytes at 0xfffffffe: that is outside the program's memory",
      ],
    ];
    for (const [program, message] of cases) {
      for (const engine of ["interpreter", "jit"] as const) {
        const loaded = loadInVm(collection([map], { main: program }), { engine });
        assert.throws(() => loaded.programs.get("main")?.run(), { message });
      }
    }
  });
});
