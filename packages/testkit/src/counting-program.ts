import { readFileSync } from "node:fs";

import {
  readBtf,
  type AttachType,
  type Btf,
  type BtfKind,
  type ProgramType,
  mapSpec,
} from "@ocelli/bpf";
import { createMap, loadProgram, openKernel, type BpfMap, type Program } from "@ocelli/linux";

/** What a counting program is loaded as. */
export interface CountingOptions {
  readonly name?: string;
  readonly attachType?: AttachType;
  readonly attachTo?: string;
  readonly attachBtfId?: number;
  readonly attachProgramFd?: number;
  readonly flags?: number;
  /** Where it says that it came from. */
  readonly origin?: { readonly section: string };
  /** What it returns; 0 by default. */
  readonly returns?: number;
}

/** A program that adds one to a counter each time it runs. */
export interface CountingProgram extends Disposable {
  readonly program: Program;
  readonly map: BpfMap;
  /** How often it ran. */
  count(): number;
}

/** Loads a program of any type that counts its runs and does nothing else. */
export function countingProgram(type: ProgramType, options: CountingOptions = {}): CountingProgram {
  const kernel = openKernel();
  const map = createMap(kernel, mapSpec({ name: "runs", type: "array", valueSize: 8 }));
  // r1 = &runs[0]; r2 = 1; lock *(u64 *)(r1 + 0) += r2; r0 = returns; exit
  const code = Buffer.alloc(6 * 8);
  code.writeUInt16LE(0x2118, 0);
  code.writeInt32LE(map.fd.value, 4);
  code.set([0xb7, 0x02, 0, 0, 1], 16);
  code.set([0xdb, 0x21], 24);
  code.set([0xb7, 0x00], 32);
  code.writeInt32LE(options.returns ?? 0, 36);
  code.set([0x95], 40);
  try {
    const { name = "count", returns: _, ...rest } = options;
    const program = loadProgram(kernel, { type, bytes: code, name, license: "GPL", ...rest });
    const key = new Uint8Array(4);
    return {
      program,
      map,
      count: () => Buffer.from(map.lookup(key) ?? []).readUInt32LE(0),
      [Symbol.dispose]: () => {
        program[Symbol.dispose]();
        map[Symbol.dispose]();
      },
    };
  } catch (error) {
    map[Symbol.dispose]();
    throw error;
  }
}

let vmlinux: Btf | undefined;

/** The id of a type of the running kernel. Throws when the kernel does not have it. */
export function kernelTypeId(name: string, kind: BtfKind): number {
  if (vmlinux === undefined) {
    const read = readBtf(readFileSync("/sys/kernel/btf/vmlinux"));
    if (!read.ok) throw new Error(`Cannot read the kernel's BTF: ${read.diagnostics[0]?.message}`);
    vmlinux = read.value;
  }
  const [id] = vmlinux.idsByName(name, kind);
  if (id === undefined) throw new Error(`The running kernel has no ${kind} "${name}"`);
  return id;
}
