// Builds other people's programs from their sources and loads each of them, with a vmlinux.h that printC() made of the
// running kernel:
//   node --conditions=development tools/foreign-objects.ts FOLDER… [--include FOLDER]… [--only TEXT]
// Every *.bpf.c of a folder is compiled with clang-19. Good folders are libbpf-tools of the BCC project and
// src/skeleton of bpftool. Needs root. The last line counts; the exit code is 1 when an object built and did not load.
import { spawnSync } from "node:child_process";
import { globSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { parseArgs } from "node:util";

import {
  formatDiagnostic,
  printC,
  readCollection,
  type ProgramSpec,
  type Result,
} from "@ocelli/bpf";
import { kernelTypes, LinuxError, loadCollection } from "@ocelli/linux";
import { skipReason } from "@ocelli/testkit";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    include: { type: "string", multiple: true, default: [] },
    only: { type: "string", default: "" },
  },
});

function valueOf<T>(result: Result<T>): T {
  if (result.ok) return result.value;
  throw new Error(result.diagnostics.map(formatDiagnostic).join("; "));
}

const trampolines = skipReason({ needs: ["fentry"] }) === undefined;
const isWanted = ({ attachType, autoload, type }: ProgramSpec): boolean =>
  autoload &&
  (trampolines ||
    (type !== "lsm" &&
      attachType !== "trace_fentry" &&
      attachType !== "trace_fexit" &&
      attachType !== "modify_return"));

/** The object that clang makes of a source; its own words when it does not. */
function build(folder: string, source: string): Uint8Array | string {
  const target = join(folder, `${basename(source, ".c")}.o`);
  const architecture = process.arch === "arm64" ? "arm64" : "x86";
  const system = `/usr/include/${process.arch === "arm64" ? "aarch64" : "x86_64"}-linux-gnu`;
  const includes = [folder, join(source, ".."), ...values.include, system].map(
    (path) => `-I${path}`,
  );
  const { status, stderr } = spawnSync(
    "clang-19",
    ["--target=bpfel", "-g", "-O2", "-w", `-D__TARGET_ARCH_${architecture}`]
      .concat(includes)
      .concat(["-c", source, "-o", target]),
    { encoding: "utf8" },
  );
  return status === 0 ? readFileSync(target) : stderr;
}

/** Loads an object as its own tool would, and says how many programs that were. */
function load(name: string, bytes: Uint8Array): string {
  const spec = valueOf(readCollection(bytes));
  for (const map of spec.maps.values()) {
    // The tools themselves set these sizes before they load.
    if (map.type === "stack_trace" && map.valueSize === 0) map.valueSize = 127 * 8;
    if (map.maxEntries === 0 && map.type !== "perf_event_array") map.maxEntries = 1024;
  }
  // Tools bring two programs for a tracepoint, and load the typed one where the kernel has types.
  const typed = new Set([...spec.programs.values()].map((program) => program.section));
  const hasTyped = ({ section, type }: ProgramSpec): boolean =>
    type === "raw_tracepoint" && typed.has(section.replace(/^[^/]*/, "tp_btf"));
  const programs = (program: ProgramSpec): boolean => isWanted(program) && !hasTyped(program);
  using collection = loadCollection(spec, { name, programs });
  return `${collection.programs.size} of ${spec.programs.size} programs, ${collection.maps.size} maps`;
}

const folder = mkdtempSync(join(tmpdir(), "ocelli-foreign-"));
const counts = { loaded: 0, refused: 0, elsewhere: 0, unbuilt: 0 };
try {
  writeFileSync(join(folder, "vmlinux.h"), valueOf(printC(kernelTypes().kernel)));
  const sources = positionals.flatMap((path) => globSync(join(path, "*.bpf.c"))).toSorted();
  for (const source of sources.filter((path) => path.includes(values.only))) {
    const name = basename(source, ".bpf.c");
    const object = build(folder, source);
    if (typeof object === "string") {
      counts.unbuilt += 1;
      const reason = /error: .*/.exec(object)?.[0] ?? object.split("\n")[0] ?? "";
      console.log(`not built  ${name}: ${reason}`);
      continue;
    }
    try {
      console.log(`loaded     ${name}: ${load(name, object)}`);
      counts.loaded += 1;
    } catch (error) {
      if (error instanceof LinuxError && error.code === "not-found") {
        counts.elsewhere += 1;
        console.log(`not here   ${name}: ${error.message}`);
        continue;
      }
      counts.refused += 1;
      console.log(`REFUSED    ${name}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
console.log(
  `${counts.loaded} loaded, ${counts.refused} refused, ${counts.elsewhere} ask for what this kernel has not, ${counts.unbuilt} not built`,
);
if (counts.refused > 0) process.exitCode = 1;
