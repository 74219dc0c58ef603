import assert from "node:assert/strict";
import { release } from "node:os";

import { compareReleases, openKernel } from "@ocelli/linux";
import { fixture, kernelTest } from "@ocelli/testkit";

import { COMMANDS } from "../abi/commands.gen.ts";
import { formatDiagnostic, type Result } from "../diagnostic.ts";
import { readElf } from "../elf/read.ts";
import { extendBtf } from "./build.ts";
import { readBtf } from "./read.ts";
import { placeDatasec, placeKsyms, sanitizeBtf, type KernelBtfSupport } from "./sanitize.ts";
import type { Btf } from "./types.ts";

function value<T>(result: Result<T>): T {
  if (!result.ok) throw new Error(result.diagnostics.map(formatDiagnostic).join("\n"));
  return result.value;
}

/** BPF_BTF_LOAD; gives the kernel's log, empty when it took the BTF. */
function loadBtf(bytes: Uint8Array): string {
  const kernel = openKernel();
  const log = new Uint8Array(65_536);
  const attribute = new Uint8Array(32);
  const view = new DataView(attribute.buffer);
  view.setBigUint64(0, kernel.address(bytes), true);
  view.setBigUint64(8, kernel.address(log), true);
  view.setUint32(16, bytes.length, true);
  view.setUint32(20, log.length, true);
  view.setUint32(24, 1, true);
  const fd = kernel.bpf(COMMANDS.btf_load, attribute);
  if (fd < 0) return `${fd}: ${new TextDecoder().decode(log).split("\0")[0] ?? ""}`;
  kernel.syscall("close", fd);
  return "";
}

/** The types of the fixture, placed as a loader places them. */
function placed(): Btf {
  const sections = value(readElf(fixture("btf-kinds"))).sections;
  const section = sections.find(({ name }) => name === ".BTF");
  assert(section !== undefined);
  const builder = extendBtf(value(readBtf(section.data)));
  assert.equal(placeKsyms(builder), true);
  for (const { name, size } of sections) {
    let at = 0;
    const offsets = new Map<string, number>();
    for (let id = builder.firstId; id < builder.endId; id += 1) {
      const type = builder.type(id);
      if (type?.kind !== "datasec" || type.name !== name) continue;
      for (const { typeId, size: own } of type.variables) {
        const variable = builder.type(typeId);
        if (variable?.kind === "var") offsets.set(variable.name, at);
        at += own;
      }
    }
    placeDatasec(builder, name, { size: Math.max(size, at), offsets });
  }
  placeDatasec(builder, ".kconfig", { size: 4, offsets: new Map([["CONFIG_HZ", 0]]) });
  return value(readBtf(builder.write()));
}

/** What a kernel of a release knows. */
function supportOf(kernel: string): KernelBtfSupport {
  const since = (first: string): boolean => compareReleases(kernel, first) >= 0;
  return {
    func: since("5.0"),
    datasec: since("5.2"),
    globalFunc: since("5.6"),
    float: since("5.13"),
    declTag: since("5.16"),
    typeTag: since("5.17"),
    enum64: since("6.0"),
    optionalDatasec: since("6.12"),
    attributeTags: since("6.15"),
  };
}

const releases = ["4.18", "5.0", "5.2", "5.10", "5.13", "5.16", "5.17", "6.0", "6.15"].filter(
  (each) => compareReleases(each, release()) <= 0,
);
for (const each of releases) {
  kernelTest(
    `the running kernel takes what sanitizeBtf() makes for Linux ${each}`,
    { tools: ["clang-19"] },
    () => {
      assert.equal(loadBtf(sanitizeBtf(placed(), supportOf(each))), "");
    },
  );
}
