import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";

import { formatDiagnostic, readCollection, type CollectionSpec, mapSpec } from "@ocelli/bpf";
import { CLANG_PACKAGE, fixture, kernelTest } from "@ocelli/testkit";

import { LinuxError } from "../error.ts";
import { createMap } from "../map/create.ts";
import { openKernel } from "../port/koffi.ts";
import { run } from "../program/run.ts";
import { VerifierError } from "../program/verifier-error.ts";
import { readConfiguration } from "./kconfig.ts";
import { loadCollection } from "./load.ts";
import { dropKernelTypes } from "./kernel-types.ts";
import { kernelVersionCode } from "./kernel-version.ts";

const tools = [CLANG_PACKAGE];

function read(name: string): CollectionSpec {
  const result = readCollection(fixture(name));
  if (!result.ok) throw new Error(result.diagnostics.map(formatDiagnostic).join("\n"));
  return result.value;
}

const u64 = (bytes: Uint8Array): bigint =>
  bytes.reduceRight((sum, byte) => (sum << 8n) | BigInt(byte), 0n);
const packet = { data: new Uint8Array(64) };

kernelTest(
  "loadCollection() resolves maps, data, kconfig, ksyms, CO-RE and tail calls",
  { tools },
  () => {
    using collection = loadCollection(read("load-basic"), { name: "load-basic" });
    assert.equal(run(collection.program("entry"), packet).returnValue, 7);
    const address = /^(\w+) . bpf_prog_put$/m.exec(readFileSync("/proc/kallsyms", "latin1"))?.[1];
    const values = Object.fromEntries(
      [...collection.variables].map(([name, variable]) => [name, u64(variable.read())]),
    );
    assert.deepEqual(values, {
      step: 3n,
      total: 3n,
      version: BigInt(kernelVersionCode()),
      // Both options are weak: without a configuration to read, the one that every kernel here has is absent as well.
      missing_option: readConfiguration() === undefined ? 2n : 0n,
      known_address: BigInt(`0x${address ?? "0"}`),
      unknown_address: 0n,
      pid_offset: 4n,
      greeting: u64(new TextEncoder().encode("hello")),
    });
    assert.deepEqual(
      [...collection.maps]
        .map(([name, map]) => `${name}: ${map.info.name} (${map.type})`)
        .toSorted(),
      [
        ".bss: load-bas.bss (array)",
        ".data: load-bas.data (array)",
        ".kconfig: load-ba.kconfig (array)",
        ".rodata: load-bas.rodata (array)",
        "counts: counts (hash)",
        "inner_map: inner_map (array)",
        "jumps: jumps (prog_array)",
        "outer: outer (array_of_maps)",
      ].map((line) => line.replace("load-", "load_")),
    );
    assert.deepEqual(
      collection.map("outer").lookup(new Uint8Array([1, 0, 0, 0])),
      new Uint8Array(new Uint32Array([collection.map("inner_map").id]).buffer),
    );
  },
);

kernelTest("loadCollection() sets constants before the verifier sees them", { tools }, () => {
  const spec = read("load-basic");
  const before = spec.maps.get(".rodata")?.data?.slice();
  using collection = loadCollection(spec, {
    variables: { step: 40, greeting: new TextEncoder().encode("goodbye\0") },
  });
  run(collection.program("entry"), packet);
  assert.equal(u64(collection.variable("total").read()), 40n);
  assert.equal(new TextDecoder().decode(collection.variable("greeting").read()), "goodbye\0");
  assert.deepEqual(spec.maps.get(".rodata")?.data, before);
  collection.variable("total").write(new Uint8Array(8));
  assert.equal(u64(collection.variable("total").read()), 0n);
  assert.throws(() => collection.variable("step").write(new Uint8Array(4)), { code: "permission" });
});

kernelTest("loadCollection() uses maps that are given, and leaves them open", { tools }, () => {
  using counts = createMap(
    openKernel(),
    mapSpec({ name: "mine", type: "hash", keySize: 4, valueSize: 8, maxEntries: 16 }),
  );
  {
    using collection = loadCollection(read("load-basic"), { replaceMaps: { counts } });
    run(collection.program("entry"), packet);
    assert.equal(collection.map("counts"), counts);
  }
  assert.deepEqual(
    counts.lookup(new Uint8Array([64, 0, 0, 0])),
    new Uint8Array([1, 0, 0, 0, 0, 0, 0, 0]),
  );
});

kernelTest("loadCollection() loads the programs that are wanted", { tools }, () => {
  using collection = loadCollection(read("load-basic"), {
    programs: ({ name }) => name === "leaf",
  });
  assert.deepEqual([...collection.programs.keys()], ["leaf"]);
});

kernelTest("loadCollection() says what is wrong, and leaves nothing open", { tools }, () => {
  const descriptors = (): number => readdirSync("/proc/self/fd").length;
  const before = descriptors();
  const messageOf = (change: (spec: CollectionSpec) => void, options = {}): string => {
    const spec = read("load-basic");
    change(spec);
    try {
      using _collection = loadCollection(spec, options);
      return "loaded";
    } catch (error) {
      assert.ok(error instanceof LinuxError || error instanceof RangeError);
      return error.message;
    }
  };
  const nothing = (): void => {};
  const messages = [
    messageOf(nothing, { variables: { setp: 1 } }),
    messageOf(nothing, { variables: { step: 2n ** 33n } }),
    messageOf(nothing, { variables: { greeting: new Uint8Array(3) } }),
    messageOf((spec) => {
      spec.maps.delete("counts");
    }),
    messageOf((spec) => {
      const leaf = spec.programs.get("leaf");
      if (leaf === undefined) return;
      leaf.type = "unspec";
      leaf.section = "tracepiont/x";
    }),
    messageOf((spec) => {
      for (const extern of spec.kconfig.values()) Object.assign(extern, { weak: false });
    })
      .replace(/in none of .*;/, "in none of …;")
      .replace("kernel's configuration does not have it", "kernel's configuration is in none of …"),
  ];
  assert.deepEqual(messages, [
    'Cannot set variable "setp": the object has none of that name; did you mean "step"?',
    'Cannot set variable "step" of 4 bytes: 8589934592 does not fit',
    'Cannot set variable "greeting" as it has 8 bytes: given are 3',
    'Cannot load program "entry": it uses map "counts", which the collection does not have',
    'Cannot load program "leaf": section "tracepiont/x" says no program type; did you mean "tracepoint/"?',
    'Cannot fill in "CONFIG_NOTHING_LIKE_THIS": the kernel\'s configuration is in none of …; declare it __weak to make it 0 then',
  ]);
  assert.equal(descriptors(), before);
});

kernelTest("Collection names what is near a wrong name", { tools }, () => {
  using collection = loadCollection(read("load-basic"));
  assert.throws(() => collection.map("cuonts"), {
    code: "not-found",
    message: 'Cannot find map "cuonts" in the collection; did you mean "counts"?',
  });
  assert.throws(() => collection.program("xyz"), {
    message: 'Cannot find program "xyz" in the collection; there are "leaf", "entry"',
  });
});

kernelTest("loadCollection() shows the source line of a refusal", { tools }, () => {
  assert.throws(
    () => loadCollection(read("load-refused")),
    (error) => {
      assert.ok(error instanceof VerifierError);
      assert.equal(
        error.message,
        'Cannot load program "unchecked" (tc): R0 may be null here: it is a map value that was not compared with 0 (at ./test/fixtures/load-refused.bpf.c:19:9: return *value;)',
      );
      assert.equal(error.hint, "Compare it with 0, in 64 bits, and leave when it is null");
      return true;
    },
  );
});

kernelTest("loadCollection() names the field that a poisoned access wants", { tools }, () => {
  assert.throws(
    () => loadCollection(read("load-poisoned"), { programs: ({ name }) => name === "reads" }),
    (error) => {
      assert.ok(error instanceof VerifierError);
      assert.equal(
        error.message,
        'Cannot load program "reads" (raw_tp/sys_enter): Field "gone" of "struct task_struct" does not exist on this kernel (at ./test/fixtures/load-poisoned.bpf.c:14:6: int value = 0;)',
      );
      return true;
    },
  );
  using guarded = loadCollection(read("load-poisoned"), {
    programs: ({ name }) => name === "guarded",
  });
  assert.deepEqual([...guarded.programs.keys()], ["guarded"]);
  dropKernelTypes();
});
