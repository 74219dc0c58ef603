import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { release } from "node:os";
import { join } from "node:path";
import { test } from "node:test";

import { isHelper, isProgramType, type MapType, type ProgramType } from "@ocelli/bpf";
import { kernelTest, skipReason } from "@ocelli/testkit";

import { openKernel } from "../port/koffi.ts";
import { probeFeatures } from "./probe.ts";
import { probeHelper } from "./probe-helpers.ts";
import { compareReleases, FEATURES, type Feature } from "./table.ts";

interface BpftoolProbe {
  readonly program_types: Readonly<Record<string, boolean>>;
  readonly map_types: Readonly<Record<string, boolean>>;
  readonly misc: Readonly<Record<string, boolean>>;
}

kernelTest(
  "probeFeatures() agrees with bpftool on types and instructions",
  { tools: ["bpftool"] },
  () => {
    const { stdout } = spawnSync("bpftool", ["feature", "probe", "kernel", "-j"], {
      encoding: "utf8",
    });
    const theirs = JSON.parse(stdout) as BpftoolProbe;
    const ours = probeFeatures(openKernel());
    const differing: string[] = [];
    const compare = (
      kind: string,
      found: Readonly<Record<string, boolean>>,
      mine: (name: string) => string | undefined,
    ): void => {
      for (const [key, value] of Object.entries(found)) {
        const name = key.replace(/^have_/, "").replace(new RegExp(`_${kind}_type$`), "");
        const answer = mine(name);
        // bpftool says no where it is not allowed to ask.
        if (answer !== (value ? "yes" : "no") && answer !== "inconclusive")
          differing.push(`${key}: bpftool says ${value}, we say ${answer}`);
      }
    };
    compare(
      "prog",
      theirs.program_types,
      (name) => ours.programTypes.get(name as ProgramType)?.answer,
    );
    compare("map", theirs.map_types, (name) => ours.mapTypes.get(name as MapType)?.answer);
    const misc: Record<string, string | undefined> = {
      large_insn_limit: ours.instructions.get("large_programs")?.answer,
      bounded_loops: ours.instructions.get("bounded_loops")?.answer,
      v2_isa_extension: ours.instructions.get("v2")?.answer,
      v3_isa_extension: ours.instructions.get("v3")?.answer,
      v4_isa_extension: ours.instructions.get("v4")?.answer,
    };
    compare("misc", theirs.misc, (name) => misc[name]);
    // bpftool gives tracing a target that does not exist; a lockdown then looks like a missing type.
    assert.deepEqual(
      differing.filter(
        (line) =>
          !line.startsWith("have_tracing_prog_type") && !line.startsWith("have_ext_prog_type"),
      ),
      [],
    );
  },
);

kernelTest("probeFeatures() finds what the table of minimum kernels promises", {}, () => {
  const { programTypes, mapTypes, instructions, btf } = probeFeatures(openKernel());
  const promised: [Feature, string | undefined][] = [
    ["tracepoint", programTypes.get("tracepoint")?.answer],
    ["xdp", programTypes.get("xdp")?.answer],
    ["tp_btf", programTypes.get("tracing")?.answer],
    ["sk_lookup", programTypes.get("sk_lookup")?.answer],
    ["syscall_program", programTypes.get("syscall")?.answer],
    ["netfilter", programTypes.get("netfilter")?.answer],
    ["ringbuf", mapTypes.get("ringbuf")?.answer],
    ["user_ringbuf", mapTypes.get("user_ringbuf")?.answer],
    ["bloom_filter", mapTypes.get("bloom_filter")?.answer],
    ["task_storage", mapTypes.get("task_storage")?.answer],
    ["inode_storage", mapTypes.get("inode_storage")?.answer],
    ["cgrp_storage", mapTypes.get("cgrp_storage")?.answer],
    ["arena", mapTypes.get("arena")?.answer],
    ["struct_ops", mapTypes.get("struct_ops")?.answer],
    ["insn_array", mapTypes.get("insn_array")?.answer],
    ["isa_v4", instructions.get("v4")?.answer],
    ["atomics", instructions.get("atomic_fetch")?.answer],
    ["enum64", btf.get("enum64") === undefined ? undefined : btf.get("enum64")?.answer],
    ["type_tag", btf.get("typeTag")?.answer],
    ["decl_tag", btf.get("declTag")?.answer],
  ];
  const wrong = promised.filter(([feature, answer]) => {
    const isDue = skipReason({ needs: [feature] }) === undefined;
    const isThere = compareReleases(release(), FEATURES[feature].since) >= 0;
    return answer !== (isDue && isThere ? "yes" : "no");
  });
  assert.deepEqual(wrong, []);
});

const availability = join(
  import.meta.dirname,
  "../../../../../shared/data/helper-availability.json",
);

interface Availability {
  readonly kernels: readonly string[];
  readonly helpers: readonly {
    readonly name: string;
    readonly from: Readonly<Record<string, string>>;
  }[];
}

const helperSkip =
  skipReason({}) ??
  (existsSync(availability) ? false : "the measured availability of helpers is not here");

test("probeHelper() agrees with what was measured on other machines", { skip: helperSkip }, () => {
  const { kernels, helpers } = JSON.parse(readFileSync(availability, "utf8")) as Availability;
  const kernel = openKernel();
  const running = kernels.findLast((measured) => compareReleases(release(), measured) >= 0) ?? "0";
  const differing: string[] = [];
  for (const type of ["xdp", "sched_cls", "raw_tracepoint", "cgroup_skb", "syscall"] as const) {
    if (!isProgramType(type)) continue;
    for (const { name, from } of helpers) {
      // Lockdown takes this one away, and the machines that were measured had none.
      if (!isHelper(name) || name === "probe_write_user") continue;
      const since = from[type];
      const expected = since !== undefined && compareReleases(running, since) >= 0 ? "yes" : "no";
      const { answer, reason } = probeHelper(kernel, type, name);
      if (answer !== expected)
        differing.push(`${type} ${name}: ${answer} (${reason}), measured ${expected}`);
    }
  }
  assert.deepEqual(differing, []);
});
