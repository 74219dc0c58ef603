import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { basename, join } from "node:path";

import { formatDiagnostic, readCollection, type ProgramSpec } from "@ocelli/bpf";
import { embeddedObjects, kernelTest, skipReason } from "@ocelli/testkit";

import { LinuxError } from "../error.ts";
import { VerifierError } from "../program/verifier-error.ts";
import { loadCollection } from "./load.ts";

// Programs of these kinds need what this machine may not have; the objects load without them.
const trampolines = skipReason({ needs: ["fentry"] }) === undefined;
const wanted = ({ attachType, autoload }: ProgramSpec): boolean =>
  autoload && (trampolines || (attachType !== "trace_fentry" && attachType !== "trace_fexit"));

const folder = "/usr/sbin";
const names = [
  "bashreadline",
  "bindsnoop",
  "biolatency",
  "biotop",
  "bitesize",
  "capable",
  "cpudist",
  "drsnoop",
  "execsnoop",
  "exitsnoop",
  "filelife",
  "filetop",
  "funclatency",
  "gethostlatency",
  "hardirqs",
  "javagc",
  "ksnoop",
  "llcstat",
  "memleak",
  "mountsnoop",
  "numamove",
  "offcputime",
  "oomkill",
  "opensnoop",
  "profile",
  "runqlat",
  "runqlen",
  "runqslower",
  "sigsnoop",
  "slabratetop",
  "softirqs",
  "statsnoop",
  "syscount",
  "tcplife",
  "tcppktlat",
  "tcpstates",
  "tcptop",
  "tcptracer",
  "wakeuptime",
];

kernelTest(
  "loadCollection() loads the objects of real tools",
  { tools: ["libbpf-tools"], timeoutMs: 120_000 },
  () => {
    const present = new Set(readdirSync(folder));
    let loaded = 0;
    const problems: string[] = [];
    for (const path of names
      .filter((name) => present.has(name))
      .map((name) => join(folder, name))) {
      for (const { bytes } of embeddedObjects(path)) {
        const spec = readCollection(bytes);
        assert.ok(spec.ok, spec.diagnostics.map(formatDiagnostic).join("\n"));
        // The tools themselves set these sizes before they load.
        for (const map of spec.value.maps.values()) {
          if (map.type === "stack_trace" && map.valueSize === 0) map.valueSize = 127 * 8;
          if (map.maxEntries === 0 && map.type !== "perf_event_array") map.maxEntries = 1024;
        }
        try {
          using _collection = loadCollection(spec.value, {
            name: basename(path),
            programs: wanted,
          });
          loaded += 1;
        } catch (error) {
          assert.ok(error instanceof LinuxError);
          // A tool may want what newer kernels have no more; those errors say so.
          const outdated =
            error instanceof VerifierError
              ? / does not exist on this kernel/.test(error.reason)
              : error.code === "not-found" && /the kernel has no function/.test(error.message);
          if (!outdated) problems.push(`${path}: ${error.message}`);
        }
      }
    }
    assert.deepEqual(problems, []);
    assert.ok(loaded >= 20, `${loaded} objects were loaded`);
  },
);
