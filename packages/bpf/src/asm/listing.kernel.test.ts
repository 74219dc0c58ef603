import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";

import { cachedFile, fixturePath, kernelTest } from "@ocelli/testkit";

import { decodeInstructions } from "./decode.ts";
import type { Instruction } from "./instruction.ts";
import { formatListing } from "./listing.ts";
import { slotOffsets } from "./slots.ts";

function run(command: string, args: readonly string[]): string {
  const { status, stdout, stderr, error } = spawnSync(command, args, { encoding: "utf8" });
  assert.equal(status, 0, error?.message ?? stderr);
  return stdout;
}

/** The instructions of a section, with the symbols that the symbol table has for it. */
function readSection(object: string, section: string, littleEndian: boolean): Instruction[] {
  const file = cachedFile(`asm-listing-${process.pid}.bin`, new Uint8Array());
  run("llvm-objcopy-19", [`--dump-section=${section}=${file}`, object, "/dev/null"]);
  const decoded = decodeInstructions(readFileSync(file), { littleEndian });
  assert.ok(decoded.ok);
  const symbols = new Map<number, string>();
  const table = run("llvm-objdump-19", ["-t", object]);
  for (const [, address = "", where, name = ""] of table.matchAll(
    /^([0-9a-f]{16}) .{7} (\S+)\t[0-9a-f]+ (?:\.hidden )?(\S+)$/gm,
  ))
    if (where === section && name !== section) symbols.set(Number.parseInt(address, 16) / 8, name);
  const slots = slotOffsets(decoded.value);
  return decoded.value.map((instruction, index) => {
    const symbol = symbols.get(slots[index] ?? -1);
    return symbol === undefined ? instruction : Object.assign({}, instruction, { symbol });
  });
}

const BUILDS = [
  { cpu: "v3", littleEndian: true },
  { cpu: "v4", littleEndian: true },
  { cpu: "v4", littleEndian: false },
] as const;

for (const { cpu, littleEndian } of BUILDS) {
  kernelTest(
    `formatListing() prints what llvm-objdump prints of a ${littleEndian ? "little" : "big"}-endian ${cpu} program of clang`,
    { tools: ["clang-19", "llvm-19"] },
    () => {
      // Below v4 there is no signed division, which clang refuses to compile.
      const args = cpu === "v4" ? ["-DSIGNED"] : [];
      const object = fixturePath("asm-listing", { cpu, args, bigEndian: !littleEndian });
      for (const section of [".text", "raw_tp/sys_enter"]) {
        const theirs = run("llvm-objdump-19", ["-d", "--mcpu=v4", `--section=${section}`, object]);
        const program = readSection(object, section, littleEndian);
        const ours = formatListing(program, { notation: "llvm", bytes: true, littleEndian });
        const body = theirs.slice(theirs.indexOf("section ")).replace(/^.*\n+/, "");
        // objdump puts an empty line before a symbol, which listings of one program do without.
        assert.equal(ours, body.replaceAll("\n\n", "\n"));
      }
    },
  );
}
