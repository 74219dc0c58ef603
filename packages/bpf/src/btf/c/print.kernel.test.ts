import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { TestContext } from "node:test";

import { cachedFile, fixture, kernelTest } from "@ocelli/testkit";

import { formatDiagnostic, type Result } from "../../diagnostic.ts";
import { readElf } from "../../elf/read.ts";
import { readBtf } from "../read.ts";
import type { Btf } from "../types.ts";
import { printC } from "./print.ts";

function value<T>(result: Result<T>): T {
  if (!result.ok) throw new Error(result.diagnostics.map(formatDiagnostic).join("\n"));
  return result.value;
}

/** Whether to skip: guests of the kernel matrix have built fixtures but no clang to compile what is printed. */
function skipInGuest(t: TestContext): boolean {
  const guest = process.env["OCELLI_GUEST"] === "1";
  if (guest) t.skip("needs clang-19: guests of the kernel matrix have none");
  return guest;
}

const TAGGED = new Set(["struct", "union", "enum", "enum64"]);

/** Assertions of the sizes and offsets of every record whose name is its own, as BTF has them. */
function assertions(btf: Btf, ids: readonly number[]): string[] {
  const lines: string[] = [];
  for (const id of ids) {
    const type = btf.type(id);
    if ((type?.kind !== "struct" && type?.kind !== "union") || type.name === "") continue;
    // A name that several types have is printed with a suffix for all but one of them.
    const namesakes = btf.idsByName(type.name).filter((each) => TAGGED.has(btf.kindOf(each) ?? ""));
    if (namesakes.length > 1) continue;
    const name = `${type.kind} ${type.name}`;
    lines.push(`_Static_assert(sizeof(${name}) == ${type.size}, "${name}");`);
    for (const member of type.members) {
      if (member.name === "" || member.bitfieldBits > 0 || member.offsetBits % 8 !== 0) continue;
      const offset = `__builtin_offsetof(${name}, ${member.name})`;
      lines.push(
        `_Static_assert(${offset} == ${member.offsetBits / 8}, "${name}.${member.name}");`,
      );
    }
  }
  return lines;
}

/** Clang's words on a source that includes the header; empty when it compiles without a warning. */
function compile(name: string, header: string, rest: readonly string[]): string {
  const path = cachedFile(
    `${name}-${process.pid}.c`,
    new TextEncoder().encode(`${header}\n${rest.join("\n")}\n`),
  );
  const flags = [
    "--target=bpf",
    "-fsyntax-only",
    "-Wall",
    "-Werror",
    "-Wno-unused",
    "-DBPF_NO_PRESERVE_ACCESS_INDEX",
  ];
  const { stderr } = spawnSync("clang-19", [...flags, path], { encoding: "utf8" });
  return stderr;
}

function ownIds(btf: Btf): number[] {
  return Array.from({ length: btf.endId - btf.firstId }, (_, i) => btf.firstId + i);
}

kernelTest(
  "printC() makes a vmlinux.h that compiles to the sizes and offsets of BTF",
  { tools: ["clang-19"], timeoutMs: 240_000 },
  (t) => {
    if (skipInGuest(t)) return;
    const btf = value(readBtf(readFileSync("/sys/kernel/btf/vmlinux")));
    const lines = assertions(btf, ownIds(btf));
    const records = lines.filter((line) => line.includes("sizeof(")).length;
    t.diagnostic(`${records} records, ${lines.length - records} members`);
    assert(records > 2000, `only ${records} records have a name of their own`);
    assert.equal(compile("vmlinux", value(printC(btf)), lines), "");
  },
);

kernelTest(
  "printC() makes slices of vmlinux that compile on their own",
  { tools: ["clang-19"] },
  (t) => {
    if (skipInGuest(t)) return;
    const btf = value(readBtf(readFileSync("/sys/kernel/btf/vmlinux")));
    for (const name of ["task_struct", "sk_buff", "ethhdr", "list_head", "bpf_attr", "pt_regs"]) {
      const roots = btf
        .idsByName(name)
        .filter((id) => ["struct", "union"].includes(btf.kindOf(id) ?? ""));
      assert.equal(roots.length, 1, name);
      assert.equal(
        compile(`slice-${name}`, value(printC(btf, { roots })), assertions(btf, roots)),
        "",
        name,
      );
    }
  },
);

kernelTest(
  "printC() prints bit fields, packed and aligned records and pointers to functions",
  { tools: ["clang-19"] },
  (t) => {
    if (skipInGuest(t)) return;
    const section = value(readElf(fixture("btf-kinds"))).sections.find(
      ({ name }) => name === ".BTF",
    );
    assert(section !== undefined);
    const btf = value(readBtf(section.data));
    const header = value(printC(btf, { guard: "KINDS_H", preserveAccessIndex: false }));
    assert.equal(compile("kinds", header, assertions(btf, ownIds(btf))), "");
    const expected = join(import.meta.dirname, "../../../../../test/fixtures/btf-kinds.h");
    assert.equal(header, readFileSync(expected, "utf8"));
  },
);
