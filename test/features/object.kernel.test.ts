import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { release, version } from "node:os";

import { readCollection } from "@ocelli/bpf";
import { kernelTypes, loadCollection, run } from "@ocelli/linux";
import { CLANG_PACKAGE, fixture, kernelTest } from "@ocelli/testkit";

import { listFeature } from "../support/feature-list.ts";
import {
  featureTest,
  littleEndian,
  numberOf,
  numbersOf,
  textOf,
  words,
} from "../support/feature-test.ts";

/** Variables need to be in the kernel's types, and in its symbols. */
function missingVariables(): string | undefined {
  if (kernelTypes().kernel.idsByName("bpf_prog_active", "var").length === 0)
    return "this kernel was built by a pahole that leaves variables out (before 1.22)";
  return readFileSync("/proc/kallsyms", "latin1").includes(" bpf_prog_active\n")
    ? undefined
    : "this kernel is built without the addresses of variables (CONFIG_KALLSYMS_ALL)";
}

const packet = { data: new Uint8Array(64) };
const object = { fixture: "feature-object" } as const;

featureTest("Initialised prog arrays", object, (collection) => {
  assert.deepEqual(
    ["jump", "empty_jump"].map((name) => run(collection.program(name), packet).returnValue),
    [77, 1],
  );
});

featureTest(
  "Typed variables in .data, .rodata and .bss, also with suffixes",
  object,
  (collection) => {
    const limit = collection.variable("limit");
    limit.write(words(30));
    assert.equal(run(collection.program("data"), packet).returnValue, 64 + 6);
    assert.deepEqual(
      [numbersOf(collection, "limit", "factor", "total"), textOf(collection, "text")],
      [{ limit: 30, factor: -2, total: 30 * -2 + 2 }, "Before"],
    );
    assert.deepEqual(
      collection.variable("sums").read(),
      new Uint8Array(BigUint64Array.of(1n, 2n, 3n, 7n).buffer),
    );
    assert.deepEqual(
      [...collection.variables.values()].map(({ spec }) => `${spec.map} ${spec.name}`).toSorted(),
      [
        ".bss has_option",
        ".bss kernel_address",
        ".bss total",
        ".bss version",
        ".data limit",
        ".data missing_address",
        ".data text",
        ".data.sums sums",
        ".rodata tester",
        ".rodata.settings factor",
      ],
    );
  },
);

featureTest("Maps in maps, with initial values", object, (collection) => {
  assert.equal(run(collection.program("maps_in_maps"), packet).returnValue, 5);
  const values = ["left", "right"].map((name) =>
    littleEndian(collection.map(name).lookup(words(0)) ?? new Uint8Array()),
  );
  assert.deepEqual(values, [5, -6]);
});

featureTest("Declaration tags", object, (collection) => {
  run(collection.program("maps_in_maps"), packet);
  assert.deepEqual(collection.map("pairs").lookup(words(1)), words(3, -4));
});

featureTest(
  "Kernel configuration and untyped kernel symbols, weak ones missing",
  object,
  (collection) => {
    run(collection.program("externs"), packet);
    // Debian leaves the last number out of the release: "#1 SMP Debian 6.1.192-1 (2026-11-16)" has it.
    const exact = /\bDebian (\d+\.\d+\.\d+)/.exec(version())?.[1] ?? release();
    const [major = 0, minor = 0, patch = 0] = (/^\d+\.\d+\.\d+/.exec(exact)?.[0] ?? "")
      .split(".")
      .map(Number);
    const address = /^(\w+) . bpf_prog_put$/m.exec(readFileSync("/proc/kallsyms", "latin1"))?.[1];
    const seen = collection.variable("kernel_address").read();
    assert.equal(new BigUint64Array(seen.slice().buffer)[0], BigInt(`0x${address ?? ""}`));
    // LINUX_KERNEL_VERSION has one byte for the last part. Without a configuration to read a weak option is 0.
    const code = (major << 16) + (minor << 8) + Math.min(patch, 255);
    const { has_option: option, ...rest } = numbersOf(
      collection,
      "version",
      "has_option",
      "missing_address",
    );
    assert.deepEqual(rest, { version: code, missing_address: 0 });
    assert.ok(option === 2 || option === 0);
  },
);

featureTest("Static and global functions", { ...object, programs: ["data"] }, (collection) => {
  assert.equal(run(collection.program("data"), packet).returnValue, 70);
  assert.equal(numberOf(collection, "total"), -78);
});

featureTest(
  "Functions by address: bpf_loop()",
  { fixture: "feature-callback", programs: ["loop"], needs: ["bpf_loop"] },
  (collection) => {
    assert.equal(run(collection.program("loop"), packet).returnValue, 21);
    assert.equal(numberOf(collection, "looped"), 7);
  },
);

featureTest(
  "Functions by address: bpf_for_each_map_elem()",
  { fixture: "feature-callback", programs: ["each"], needs: ["for_each_map_elem"] },
  (collection) => {
    assert.equal(run(collection.program("each"), packet).returnValue, 2 + 6 + 12);
    assert.equal(numberOf(collection, "weighted"), 4);
  },
);

featureTest(
  "Typed kernel symbols, weak ones missing",
  {
    fixture: "feature-ksym",
    programs: ["typed"],
    needs: ["ksym_typed"],
    skip: missingVariables,
  },
  (collection) => {
    run(collection.program("typed"), { context: new Uint8Array(16) });
    const { active, missing } = numbersOf(collection, "active", "missing");
    assert.equal(missing, 0);
    assert.ok(active === 0 || active === 1);
  },
);

featureTest(
  "Kernel functions, weak ones missing or of another type",
  { fixture: "feature-ksym", programs: ["functions"], needs: ["kfunc_task", "syscall_program"] },
  (collection) => {
    const { returnValue, context } = run(collection.program("functions"), {
      context: words(process.pid, 0),
    });
    assert.equal(returnValue, 0);
    assert.deepEqual(context, words(process.pid, process.pid));
  },
);

for (const [what, args] of [
  ["Legacy maps sections", []],
  ["Maps sections of iproute2", ["-DIPROUTE2"]],
] as const) {
  if (listFeature({ feature: what, fixture: "object-legacy", needs: [] })) continue;
  kernelTest(what, { tools: [CLANG_PACKAGE] }, () => {
    const spec = readCollection(fixture("object-legacy", { args }));
    assert.ok(spec.ok);
    for (const program of spec.value.programs.values()) {
      // iproute2 names sections by program array and index, and is told the type.
      if (program.type === "unspec") program.type = "sched_cls";
    }
    for (const map of spec.value.maps.values()) map.pinning = "none";
    using collection = loadCollection(spec.value);
    assert.equal(run(collection.program("entry"), packet).returnValue, args.length === 0 ? 0 : 3);
  });
}
