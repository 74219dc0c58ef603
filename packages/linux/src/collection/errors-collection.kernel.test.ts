import assert from "node:assert/strict";

import {
  COMMANDS,
  createBtfBuilder,
  formatDiagnostic,
  mapSpec,
  parseAssembly,
  readBtf,
  readCollection,
  type Btf,
  type BtfMember,
  type CollectionSpec,
  type Instruction,
  type KconfigSpec,
  type ProgramSpec,
} from "@ocelli/bpf";
import { CLANG_PACKAGE, fixture, kernelTest } from "@ocelli/testkit";

import { LinuxError } from "../error.ts";
import { createMap } from "../map/create.ts";
import { ERRNO } from "../port/errno.ts";
import type { Kernel } from "../port/kernel.ts";
import { openKernel } from "../port/koffi.ts";
import { loadProgram } from "../program/load.ts";
import { functionOfProgram } from "./attach-target.ts";
import { loadBtf } from "./btf.ts";
import { kernelTypes } from "./kernel-types.ts";
import { layOutStructOps } from "./struct-ops.ts";
import { writeEntries } from "./entries.ts";
import { fillKconfig, type KernelConfiguration } from "./kconfig.ts";
import { loadCollection, type LoadCollectionOptions } from "./load.ts";

const real = openKernel();
const bytes = Uint8Array.of(0xb7, 0, 0, 0, 0, 0, 0, 0, 0x95, 0, 0, 0, 0, 0, 0, 0);

/** The running kernel, but BPF_BTF_LOAD answers with an errno and says nothing. */
const withoutMemory: Kernel = {
  ...real,
  bpf: (number, attribute) =>
    number === COMMANDS.btf_load ? -ERRNO.ENOMEM : real.bpf(number, attribute),
};

function read(name: string): CollectionSpec {
  const result = readCollection(fixture(name));
  if (!result.ok) throw new Error(result.diagnostics.map(formatDiagnostic).join("\n"));
  return result.value;
}

function emptyTypes(): Btf {
  const result = readBtf(createBtfBuilder().write());
  assert.ok(result.ok);
  return result.value;
}

function instructionsOf(text: string): Instruction[] {
  const result = parseAssembly(text);
  assert.ok(result.ok);
  return result.value;
}

/** A collection of one program, which does nothing unless `program` says otherwise. */
function collectionOf(
  program: Partial<ProgramSpec> = {},
  whole: Partial<CollectionSpec> = {},
): CollectionSpec {
  const filter: ProgramSpec = {
    name: "filter",
    section: "socket",
    type: "socket_filter",
    attachType: undefined,
    attachTo: "",
    flags: 0,
    license: "GPL",
    kernelVersion: 0,
    instructions: instructionsOf("filter: r0 = 0; exit"),
    autoload: true,
    ...program,
  };
  return {
    littleEndian: true,
    license: "GPL",
    maps: new Map(),
    programs: new Map([[filter.name, filter]]),
    functions: new Map(),
    variables: new Map(),
    kconfig: new Map(),
    btf: undefined,
    ...whole,
  };
}

function load(spec: CollectionSpec, options: LoadCollectionOptions = {}): void {
  using _collection = loadCollection(spec, options);
}

function fill(
  extern: Partial<KconfigSpec>,
  value: string | undefined,
  configuration: KernelConfiguration = new Map(value === undefined ? [] : [["CONFIG_X", value]]),
): void {
  const whole: KconfigSpec = {
    name: "CONFIG_X",
    kind: "int",
    offset: 0,
    size: 1,
    signed: false,
    weak: false,
    ...extern,
  };
  fillKconfig(real, new Map([[whole.name, whole]]), new Uint8Array(8), () => configuration);
}

function sentenceOf(act: () => unknown): string {
  try {
    act();
  } catch (error) {
    if (error instanceof LinuxError) return `${error.code}: ${error.message}`;
    return String(error);
  }
  return "nothing was thrown";
}

const undescribed: Instruction = {
  opcode: 0x18,
  dst: 1,
  src: 0,
  offset: 0,
  imm: 0,
  imm2: 0,
  symbol: "filter",
  reference: { kind: "ksym", name: "bpf_prog_active", typeId: 1, weak: false },
};

const FAILURES: readonly [what: string, act: () => unknown, says: string][] = [
  [
    "an object of the other byte order",
    () => {
      load(collectionOf({}, { littleEndian: false }));
    },
    "invalid: Cannot load a big-endian object on a little-endian machine: build it with --target=bpfel",
  ],
  [
    "a program that calls what is not there",
    () => {
      load(collectionOf({ instructions: instructionsOf("filter: call gone; exit") }));
    },
    'invalid: Cannot load program "filter" (socket): error[object-undefined-function] at byte 0 of section "socket": Cannot link program "filter": function "gone", which "filter" refers to, is not in the collection. Add it to the collection\'s functions',
  ],
  [
    "a program that jumps to nowhere",
    () => {
      load(collectionOf({ instructions: instructionsOf("filter: goto gone; exit") }));
    },
    'invalid: Cannot load program "filter" (socket): error[asm-undefined-label] at byte 0: Cannot resolve label "gone" at slot 0: no instruction of its function carries that symbol. Give the target instruction that symbol',
  ],
  [
    "a kernel symbol without types",
    () => {
      load(collectionOf({ instructions: [undescribed, ...instructionsOf("r0 = 0; exit")] }));
    },
    'invalid: Cannot resolve kernel symbol "bpf_prog_active": the collection has no types that describe it',
  ],
  [
    "a replacement without a target",
    () => {
      load(collectionOf({ section: "freplace/parse", type: "ext", attachTo: "parse" }));
    },
    'invalid: Cannot load program "filter" (freplace/parse): it replaces a function of another program; name that program in option "targets"',
  ],
  [
    "a struct_ops program that no map names",
    () => {
      load(collectionOf({ section: "struct_ops/init", type: "struct_ops", attachTo: "init" }));
    },
    'invalid: Cannot load program "filter" (struct_ops/init): no struct_ops map names it',
  ],
  [
    "a map in place of one of another shape",
    () => {
      using map = createMap(real, mapSpec({ name: "wide", type: "array", valueSize: 16 }));
      const maps = new Map([["narrow", mapSpec({ name: "narrow", type: "hash" })]]);
      load(collectionOf({}, { maps }), { replaceMaps: { narrow: map } });
    },
    'invalid: Cannot replace map "narrow" (hash, keys of 4 bytes, values of 4): given is one of type array, keys of 4 bytes, values of 16',
  ],
  [
    "an entry that refers to a map that is not there",
    () => {
      using outer = createMap(real, mapSpec({ name: "outer", type: "array" }));
      const spec = mapSpec({ name: "outer", type: "array", entries: [{ key: 3, map: "gone" }] });
      const whole = collectionOf({}, { maps: new Map([["outer", spec]]) });
      writeEntries(whole, "before-programs", new Map([["outer", outer]]), new Map());
    },
    'not-found: Cannot fill entry 3 of map "outer": there is no map "gone"',
  ],
  [
    "a function of a program without types",
    () => {
      using program = loadProgram(real, { type: "socket_filter", bytes, name: "plain" });
      functionOfProgram(real, program, "parse");
    },
    'not-found: Cannot attach to function "parse" of program "plain": the program has no BTF',
  ],
  [
    "types that are none",
    () => loadBtf(real, new Uint8Array(24)),
    "invalid: Cannot load the object's types: Invalid magic (EINVAL)",
  ],
  [
    "types that find no memory",
    () => loadBtf(withoutMemory, createBtfBuilder().write()),
    "limit: Cannot load the object's types: ENOMEM",
  ],
  [
    "a kernel configuration without an option",
    () => {
      fill({}, undefined);
    },
    'not-found: Cannot fill in "CONFIG_X": the kernel\'s configuration does not have it; declare it __weak to make it 0 then',
  ],
  [
    "a number that is too large for its extern",
    () => {
      fill({}, "256");
    },
    'invalid: Cannot fill in "CONFIG_X": its value 256 does not fit into an unsigned integer of 1 bytes',
  ],
  [
    "a number that is too small for its extern",
    () => {
      fill({ signed: true, size: 2 }, "-32769");
    },
    'invalid: Cannot fill in "CONFIG_X": its value -32769 does not fit into a signed integer of 2 bytes',
  ],
  [
    "a text for a number",
    () => {
      fill({ size: 4 }, '"none"');
    },
    'invalid: Cannot fill in "CONFIG_X": its value "none" does not fit into an unsigned integer of 4 bytes',
  ],
  [
    "a module for a boolean",
    () => {
      fill({ kind: "bool" }, "m");
    },
    'invalid: Cannot fill in "CONFIG_X": its value m does not fit into a bool of 1 bytes',
  ],
  [
    "words for a tristate",
    () => {
      fill({ kind: "tristate", size: 4 }, "perhaps");
    },
    'invalid: Cannot fill in "CONFIG_X": its value perhaps does not fit into a tristate of 4 bytes',
  ],
  [
    "a kernel version for a text",
    () => {
      fill({ name: "LINUX_HAS_SYSCALL_WRAPPER", kind: "char-array", size: 8 }, undefined);
    },
    'invalid: Cannot fill in "LINUX_HAS_SYSCALL_WRAPPER": its value 1 does not fit into a char-array of 8 bytes',
  ],
];

for (const [what, act, says] of FAILURES)
  kernelTest(`an error says what is wrong with ${what}`, {}, () => {
    assert.equal(sentenceOf(act), says);
  });

kernelTest(
  "an error says what is wrong with a variable of another size",
  { tools: [CLANG_PACKAGE] },
  () => {
    using collection = loadCollection(read("load-basic"));
    assert.equal(
      sentenceOf(() => {
        collection.variable("total").write(new Uint8Array(3));
      }),
      'RangeError: Cannot write variable "total" as it has 8 bytes: given are 3',
    );
    assert.equal(
      sentenceOf(() => functionOfProgram(real, collection.program("leaf"), "gone")),
      'not-found: Cannot attach to function "gone" of program "leaf": it has no such function',
    );
  },
);

kernelTest(
  "an error says which member the kernel's struct lacks",
  { needs: ["struct_ops"], tools: [CLANG_PACKAGE] },
  () => {
    const spec = read("load-congestion");
    const functions = spec.maps.get("still")?.structOps?.functions ?? [];
    const [first] = functions;
    assert.ok(first !== undefined);
    Object.assign(first, { member: "gone" });
    assert.equal(
      sentenceOf(() => {
        load(spec);
      }),
      `unsupported: Cannot create struct_ops map "still": the kernel's struct "tcp_congestion_ops" has no member "gone", which program "${first.program}" fills`,
    );
  },
);

kernelTest(
  "an error says which member of the kernel's struct cannot be set",
  { needs: ["struct_ops"], tools: [CLANG_PACKAGE] },
  () => {
    const { btf: object, maps } = read("load-congestion");
    const still = maps.get("still");
    assert.ok(object !== undefined && still?.structOps !== undefined);
    const structOps = { ...still.structOps, functions: [] };
    const builder = createBtfBuilder();
    const bytes = builder.add({
      kind: "int",
      name: "long",
      size: 8,
      bits: 64,
      offsetBits: 0,
      encoding: "unsigned",
    });
    const member = (name: string, index: number): BtfMember => ({
      name,
      typeId: bytes,
      offsetBits: index * 64,
      bitfieldBits: 0,
    });
    const lay = (names: readonly string[], data: Uint8Array): string => {
      const valueTypeId = builder.add({
        kind: "struct",
        name: "tcp_congestion_ops",
        size: names.length * 8,
        members: names.map((name, index) => member(name, index)),
      });
      const types = readBtf(builder.write());
      assert.ok(types.ok);
      const spec = { ...still, valueTypeId, data, structOps };
      return sentenceOf(() => layOutStructOps(kernelTypes(), types.value, spec));
    };
    assert.deepEqual(
      [
        lay(["gone"], new Uint8Array(8)),
        lay(["gone"], Uint8Array.of(1, 0, 0, 0, 0, 0, 0, 0)),
        lay(["flags"], Uint8Array.of(1, 0, 0, 0, 0, 0, 0, 0)),
      ],
      [
        "nothing was thrown",
        'unsupported: Cannot create struct_ops map "still": member "gone" is set, and the kernel\'s struct "tcp_congestion_ops" does not have it',
        'unsupported: Cannot create struct_ops map "still": member "flags" is set, and the kernel\'s struct "tcp_congestion_ops" has it with another size',
      ],
    );
  },
);

kernelTest("an error says that the types of a program cannot be read", {}, () => {
  using collection = loadCollection(read("load-basic"));
  let asked = 0;
  // The third question is how many bytes the types have: here it stays without an answer.
  const damaged: Kernel = {
    ...real,
    bpf(number, attribute) {
      if (number !== COMMANDS.obj_get_info_by_fd) return real.bpf(number, attribute);
      asked += 1;
      return asked === 3 ? 0 : real.bpf(number, attribute);
    },
  };
  assert.equal(
    sentenceOf(() => functionOfProgram(damaged, collection.program("leaf"), "leaf")),
    'invalid: Cannot attach to function "leaf" of program "leaf": error[btf-truncated] at byte 0: Cannot read BTF: 0 bytes are less than its header of 24. Give the whole .BTF section or the whole file of /sys/kernel/btf',
  );
});

kernelTest("an error says which rights an object's types need", {}, () => {
  const refusing: Kernel = {
    ...real,
    bpf: (number, attribute) =>
      number === COMMANDS.btf_load ? -ERRNO.EPERM : real.bpf(number, attribute),
  };
  assert.match(
    sentenceOf(() => loadBtf(refusing, createBtfBuilder().write())),
    /^permission: Cannot load the object's types: EPERM, /,
  );
});

kernelTest(
  "an error says that the object's types are not those of the kernel",
  { needs: ["struct_ops"], tools: [CLANG_PACKAGE] },
  () => {
    const spec = read("load-congestion");
    const types = { kernel: emptyTypes(), moduleTypes: () => [], modules: () => [] };
    assert.equal(
      sentenceOf(() => {
        load(spec, { types });
      }),
      'unsupported: Cannot create struct_ops map "still": the kernel has no struct "tcp_congestion_ops" that programs can implement',
    );
  },
);
