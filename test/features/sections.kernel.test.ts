import assert from "node:assert/strict";
import { release } from "node:os";
import type { TestContext } from "node:test";

import { SECTION_DEFINITIONS, type ProgramSpec, type SectionDefinition } from "@ocelli/bpf";
import { compareReleases, loadCollection, openKernel, probeFeatures } from "@ocelli/linux";
import { CLANG_PACKAGE, kernelTest, skipReason } from "@ocelli/testkit";

import { listFeature } from "../support/feature-list.ts";
import { readFixture } from "../support/feature-test.ts";

/** First releases that load a name, where that is later than 5.10. Others are as old as their program type. */
const SINCE: Readonly<Record<string, string>> = {
  "sk_reuseport/migrate": "5.14",
  "uprobe.s": "6.0",
  "uretprobe.s": "6.0",
  "usdt.s": "6.0",
  "kprobe.multi": "5.18",
  "kretprobe.multi": "5.18",
  "kprobe.session": "6.10",
  "uprobe.multi": "6.6",
  "uprobe.multi.s": "6.6",
  "uretprobe.multi": "6.6",
  "uretprobe.multi.s": "6.6",
  "uprobe.session": "6.13",
  "uprobe.session.s": "6.13",
  // Older ones let programs sleep only in functions of CONFIG_FUNCTION_ERROR_INJECTION, which Debian does not have.
  "fentry.s": "6.2",
  "fexit.s": "6.2",
  "fmod_ret.s": "6.2",
  "lsm.s": "5.11",
  lsm_cgroup: "6.0",
  syscall: "5.14",
  "xdp.frags": "5.18",
  "xdp.frags/devmap": "5.18",
  "xdp.frags/cpumap": "5.18",
  "sk_skb/verdict": "5.13",
  "cgroup/connect_unix": "6.7",
  "cgroup/sendmsg_unix": "6.7",
  "cgroup/recvmsg_unix": "6.7",
  "cgroup/getpeername_unix": "6.7",
  "cgroup/getsockname_unix": "6.7",
  netfilter: "6.4",
};

/** Loaded by struct-ops.kernel.test.ts: they need a map, and a program to replace a function of. */
const ELSEWHERE = new Set(["struct_ops", "struct_ops.s", "freplace"]);

const TRAMPOLINES = new Set(["fentry", "fexit", "fmod_ret", "lsm", "lsm_cgroup"]);

function outcome(spec: ReturnType<typeof readFixture>, wanted: ProgramSpec): string {
  try {
    using collection = loadCollection(spec, { programs: ({ name }) => name === wanted.name });
    return `loaded as ${collection.program(wanted.name).type}`;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

function everySection(t: TestContext): void {
  const spec = readFixture("feature-sections");
  const types = probeFeatures(openKernel()).programTypes;
  const trampolines = skipReason({ needs: ["fentry"] });
  const missing = ({ name, type }: SectionDefinition): string | undefined => {
    if (ELSEWHERE.has(name)) return "elsewhere";
    if (trampolines !== undefined && TRAMPOLINES.has(name.replace(/\.s$/, ""))) return trampolines;
    if (types.get(type)?.answer === "no") return `no programs of type ${type}`;
    const since = SINCE[name] ?? "5.10";
    return compareReleases(release(), since) < 0 ? `needs Linux ${since}` : undefined;
  };
  const named = (name: string): ProgramSpec | undefined =>
    spec.programs.get(`in_${name.replace(/\W/g, "_")}`);
  const actual: string[] = [];
  const expected: string[] = [];
  for (const definition of SECTION_DEFINITIONS) {
    const { name, type } = definition;
    const reason = missing(definition);
    if (reason !== undefined) {
      if (reason !== "elsewhere") t.diagnostic(`${name}: ${reason}`);
      continue;
    }
    const program = named(name);
    actual.push(
      `${name}: ${program === undefined ? "not in the fixture" : outcome(spec, program)}`,
    );
    expected.push(`${name}: loaded as ${type}`);
  }
  assert.deepEqual(actual, expected);
  // Every machine that this is for has these: nothing was left out by mistake.
  assert.ok(expected.length >= 60, `${expected.length} names`);
}

const row = { feature: "Every section name of libbpf", fixture: "feature-sections", needs: [] };
if (!listFeature(row)) kernelTest(row.feature, { tools: [CLANG_PACKAGE] }, everySection);
