import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { globSync, readFileSync, realpathSync } from "node:fs";
import { basename, join } from "node:path";

import {
  decodeInstructions,
  formatDiagnostic,
  readCollection,
  type CollectionSpec,
  type ProgramSpec,
} from "@ocelli/bpf";
import {
  cachedFile,
  CLANG_PACKAGE,
  embeddedObjects,
  fixturePath,
  kernelTest,
  PEER_PACKAGES,
  peerPath,
} from "@ocelli/testkit";

import { LinuxError } from "../error.ts";
import { openKernel } from "../port/koffi.ts";
import { translatedCode } from "../program/info.ts";
import { loadCollection } from "./load.ts";

/** The verifier's code by program, one line per instruction; or that the object does not load. */
type Outcome = ReadonlyMap<string, readonly string[]> | "refused";

/** Instructions as text, with maps numbered as they appear: their ids differ from load to load. */
function listing(bytes: Uint8Array): readonly string[] {
  const decoded = decodeInstructions(bytes, { littleEndian: true });
  if (!decoded.ok) throw new Error(decoded.diagnostics.map(formatDiagnostic).join("\n"));
  const maps = new Map<number, number>();
  return decoded.value.map(({ opcode, dst, src, offset, imm, imm2 }) => {
    let value = imm;
    if (opcode === 0x18 && (src === 1 || src === 2)) {
      value = maps.get(imm) ?? maps.size;
      maps.set(imm, value);
    }
    return [opcode.toString(16), dst, src, offset, value, imm2].join(" ");
  });
}

function loadedByLibbpf(object: string): Outcome {
  const peer = spawnSync(peerPath("libbpf-xlated"), [object], {
    encoding: "utf8",
    maxBuffer: 2 ** 28,
  });
  assert.equal(peer.status, 0, `${object}: ${peer.stderr}`);
  const lines = peer.stdout.split("\n").map((line) => line.split(" "));
  if (lines.some(([word]) => word === "failed")) return "refused";
  return new Map(
    lines.flatMap(([word, name = "", hex = ""]) =>
      word === "program" ? [[name, listing(Buffer.from(hex, "hex"))]] : [],
    ),
  );
}

function needsTrampoline({ type, attachType }: ProgramSpec): boolean {
  if (type === "lsm" || type === "ext") return true;
  const trampolines = ["trace_fentry", "trace_fexit", "modify_return"];
  return type === "tracing" && trampolines.includes(attachType ?? "");
}

function loadedByOcelli(object: string): Outcome {
  const spec = readSpec(object);
  // Maps whose size the tool decides at run time.
  for (const map of spec.maps.values()) {
    if (map.maxEntries === 0 && !map.type.endsWith("_storage")) map.maxEntries = 1024;
    if (map.type === "stack_trace" && map.valueSize === 0) map.valueSize = 127 * 8;
  }
  try {
    using loaded = loadCollection(spec, { programs: (program) => !needsTrampoline(program) });
    return new Map(
      [...loaded.programs].map(([name, { fd }]) => [
        name,
        listing(translatedCode(openKernel(), fd)),
      ]),
    );
  } catch (error) {
    if (error instanceof LinuxError) return "refused";
    throw error;
  }
}

function readSpec(object: string): CollectionSpec {
  const result = readCollection(readFileSync(object));
  if (!result.ok) throw new Error(result.diagnostics.map(formatDiagnostic).join("\n"));
  return result.value;
}

function toolObjects(): string[] {
  const list = readFileSync("/var/lib/dpkg/info/libbpf-tools.list", "utf8").split("\n");
  const tools = list.filter((path) => path.includes("bin/")).map((path) => realpathSync(path));
  return [...new Set(tools)].flatMap((path) =>
    embeddedObjects(path).map(({ bytes }) => cachedFile(`${basename(path)}.bpf.o`, bytes)),
  );
}

kernelTest(
  "objects loaded by Ocelli and by libbpf are the same in the kernel",
  { tools: [CLANG_PACKAGE, ...PEER_PACKAGES, "libbpf-tools"], timeoutMs: 240_000 },
  () => {
    const fixtures = globSync("test/fixtures/core-*.bpf.c", {
      cwd: join(import.meta.dirname, "../../../.."),
    });
    const objects = [
      ...fixtures.map((path) =>
        fixturePath(
          basename(path, ".bpf.c"),
          path.endsWith("core-vmlinux.bpf.c") ? { kernelTypes: true } : {},
        ),
      ),
      ...toolObjects(),
    ];
    let loaded = 0;
    for (const object of objects) {
      const ours = loadedByOcelli(object);
      assert.deepEqual(ours, loadedByLibbpf(object), object);
      if (ours !== "refused" && ours.size > 0) loaded += 1;
    }
    assert.ok(loaded >= 30, `${loaded} of ${objects.length} objects load on this kernel`);
  },
);
