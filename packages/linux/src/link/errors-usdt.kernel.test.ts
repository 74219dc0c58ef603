import assert from "node:assert/strict";

import { mapSpec } from "@ocelli/bpf";
import {
  kernelTest,
  onRelease,
  probedProgram,
  sentenceOf,
  withProbedProgram,
} from "@ocelli/testkit";

import { createMap } from "../map/create.ts";
import { openKernel } from "../port/koffi.ts";
import { loadProgram } from "../program/load.ts";
import type { Program } from "../program/program.ts";
import { attachUsdt } from "./usdt.ts";

const kernel = openKernel();

/** Hands a program with the maps of libbpf's usdt.bpf.h to `body`. */
function withUsdtProgram(body: (program: Program) => void): void {
  using specs = createMap(
    kernel,
    mapSpec({ name: "__bpf_usdt_specs", type: "array", valueSize: 208, maxEntries: 4 }),
  );
  using places = createMap(
    kernel,
    mapSpec({ name: "__bpf_usdt_ip_to_spec_id", type: "hash", keySize: 8, maxEntries: 4 }),
  );
  // r1 = specs; r1 = places; r0 = 0; exit: enough for the kernel to note down that it uses both maps.
  const code = Buffer.from(
    "1811".padEnd(32, "0").repeat(2) + "b7000000000000009500000000000000",
    "hex",
  );
  code.writeInt32LE(specs.fd.value, 4);
  code.writeInt32LE(places.fd.value, 20);
  using program = loadProgram(kernel, { type: "kprobe", bytes: code, name: "p", license: "GPL" });
  body(program);
}

/** The probed program with another number in one of its header's 16-bit fields. */
function changed(offset: number, value: number): Buffer {
  const file = probedProgram();
  file.writeUInt16LE(value, offset);
  return file;
}

const E_TYPE = 16;
const E_MACHINE = 18;
const ET_DYN = 3;
const EM_RISCV = 243;
// Kernels before 5.15 have no cookies, so programs find a place's arguments by its address in the process.
const WITHOUT_COOKIES = "5.10.0";

const FAILURES: readonly [
  what: string,
  file: Buffer,
  options: { readonly pid?: number; readonly release?: string },
  says: string,
][] = [
  [
    "a static probe of another machine's program",
    changed(E_MACHINE, EM_RISCV),
    {},
    'unsupported: Cannot attach "p" to static probe "demo:step" of "FILE": "FILE" is for another machine (ELF machine 243); x86-64 and arm64 are known',
  ],
  [
    "arguments that no program can read",
    probedProgram("16@%xmm0"),
    {},
    'unsupported: Cannot attach "p" to static probe "demo:step" of "FILE": its arguments "16@%xmm0" cannot be passed on: at most 12 in constants, integer registers and memory are possible, and indexed memory only for programs built with libbpf 1.7',
  ],
  [
    "a library's static probe without a process on an old kernel",
    changed(E_TYPE, ET_DYN),
    { release: WITHOUT_COOKIES },
    'unsupported: Cannot attach "p" to static probe "demo:step" of "FILE": on kernels before Linux 5.15 libraries and position-independent programs need a process: give "pid"',
  ],
  [
    "a library that the process has not loaded on an old kernel",
    changed(E_TYPE, ET_DYN),
    { release: WITHOUT_COOKIES, pid: process.ppid },
    `not-found: Cannot attach "p" to static probe "demo:step" of "FILE": process ${process.ppid} has not loaded "FILE"`,
  ],
];

for (const [what, file, { release, pid }, says] of FAILURES)
  kernelTest(`an error says what is wrong with ${what}`, {}, () => {
    withUsdtProgram((program) => {
      withProbedProgram((path) => {
        const options = {
          path,
          provider: "demo",
          name: "step",
          ...(pid === undefined ? {} : { pid }),
        };
        const act = (): string => sentenceOf(() => attachUsdt(program, options));
        const sentence = release === undefined ? act() : onRelease(release, act);
        assert.equal(sentence, says.replaceAll("FILE", path));
      }, file);
    });
  });
