// Matrix: the oldest and the newest kernel: programs called directly.
import assert from "node:assert/strict";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import type * as Compiler from "@ocelli/compiler";
import { kernelTest } from "@ocelli/testkit";
import { createRunner, loadInVm, type VmRunner } from "@ocelli/vm";
import {
  assert as check,
  bigInt,
  constantFrom,
  integer,
  oneof,
  property,
  uint8Array,
} from "fast-check";

import type * as Drop from "../fixtures/drop-port.bpf.ts";
import { compiledModule, compileFile } from "./compile-file.ts";
import { callDirectly } from "./direct.ts";
import { registerProgramModules } from "./hook.ts";
import { load } from "./load.ts";

/** The programs of a source in our own runtime. */
function inVm(path: string): (name: string) => VmRunner {
  const { collection } = compiledModule(compileFile(path));
  const runners = new Map<string, VmRunner>();
  return (name) => {
    const known =
      runners.get(name) ??
      createRunner(loadInVm(collection, { engine: "jit", programs: [name] }), name, {
        mostBytes: 128,
      });
    runners.set(name, known);
    return known;
  };
}

// Emulated processors are that much slower.
const RUNS = Number(
  process.env["OCELLI_DIRECT"] ?? (process.env["OCELLI_GUEST"] === undefined ? 300 : 30),
);

kernelTest(
  "callDirectly() gives the verdict of the kernel for any packet, and the same counts",
  { needs: ["xdp"] },
  async () => {
    using _hook = registerProgramModules({ arithmetic: true });
    const address: string = "../fixtures/drop-port.bpf.ts?direct";
    const drop = (await import(address)) as typeof Drop;
    using direct = callDirectly();
    using app = load(drop);
    const machine = inVm(join(import.meta.dirname, "../fixtures/drop-port.bpf.ts"));
    const header = integer({ min: 0, max: 15 }).map((words) => 0x40 | words);
    check(
      property(
        uint8Array({ minLength: 54, maxLength: 90 }),
        header,
        constantFrom(6, 6, 17),
        constantFrom(8080, 8080, 80),
        integer({ min: 14, max: 90 }),
        (bytes, first, protocol, port, length) => {
          const packet = Uint8Array.from(bytes);
          const view = new DataView(packet.buffer);
          view.setUint16(12, 0x0800);
          packet[14] = first;
          packet[14 + 9] = protocol;
          packet.set([10, 0, 0, port & 3], 14 + 12);
          const tcp = 14 + (first & 15) * 4;
          if (tcp + 4 <= packet.length) view.setUint16(tcp + 2, port);
          const data = packet.subarray(0, Math.min(length, packet.length));
          const verdict = app.dropPort.run({ data }).returnValue;
          assert.equal(direct.packet(drop.dropPort, data.slice()), verdict);
          assert.equal(machine("dropPort").run({ data }).returnValue, verdict);
        },
      ),
      { numRuns: RUNS },
    );
    const order = (entries: Iterable<[unknown, bigint]>): unknown[] =>
      [...entries].toSorted(([a], [b]) => Number(a) - Number(b));
    assert.deepEqual(order(direct.entries(drop.drops)), order(app.drops.entries()));
  },
);

/** Random expressions over four arguments, in one width. */
function expressions(width: "u32" | "i32" | "u64" | "i64", count: number, seed: number): string[] {
  let state = seed;
  const random = (below: number): number => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    return (state >>> 8) % below;
  };
  const big = width.endsWith("64");
  const literal = (value: number): string => `${width}(${value}${big ? "n" : ""})`;
  const make = (depth: number): string => {
    if (depth === 0 || random(5) === 0)
      return random(3) === 0 ? literal(random(0x7fff_ffff)) : `${width}(ctx.args[${random(4)}])`;
    const a = make(depth - 1);
    const b = make(depth - 1);
    switch (random(10)) {
      case 0:
        return `(${a} << (${b} & ${literal(big ? 63 : 31)}))`;
      case 1:
        return width === "u32"
          ? `(${a} >>> ${random(32)})`
          : `(${a} >> ${random(32)}${big ? "n" : ""})`;
      case 2:
        return big ? `(${a} / ${b})` : `idiv(${a}, ${b})`;
      case 3:
        return `(${a} % ${b})`;
      case 4:
        return random(2) === 0 ? `(~${a})` : `(-${a})`;
      case 5:
        return `(${a} < ${b} ? ${a} : ${b})`;
      default:
        return `(${a} ${["+", "-", "*", "&", "|", "^"][random(6)]} ${b})`;
    }
  };
  return Array.from({ length: count }, () => make(4));
}

const PER_WIDTH = 12;

for (const width of ["u32", "i32", "u64", "i64"] as const) {
  kernelTest(
    `callDirectly() computes ${width} as the kernel does`,
    { needs: ["syscall_program"] },
    async () => {
      const folder = join(import.meta.dirname, `../../../.cache/direct-${process.pid}-${width}`);
      mkdirSync(folder, { recursive: true });
      try {
        const path = join(folder, "random.bpf.ts");
        const all = expressions(width, PER_WIDTH, width.charCodeAt(0) * 7 + width.length);
        const programs = all.map(
          (expression, i) => `export const p${i} = syscall((ctx) => {
  let sum = ${expression};
  sum += ${width}(ctx.args[${i % 4}]);
  sum *= ${width}(ctx.args[1]);
  out.set(0, sum);
  return u32(sum);
});`,
        );
        writeFileSync(
          path,
          `import { arrayMap, idiv, syscall, i32, i64, u32, u64 } from "@ocelli/compiler";
export const out = arrayMap({ value: ${width}, maxEntries: 1 });
${programs.join("\n")}
`,
        );
        using _hook = registerProgramModules({ arithmetic: true });
        const module = (await import(path)) as Readonly<Record<string, Compiler.Program>> & {
          readonly out: Compiler.ArrayMap<bigint>;
        };
        using app = load(module);
        using direct = callDirectly();
        const machine = inVm(path);
        const value = oneof(
          bigInt({ min: 0n, max: (1n << 64n) - 1n }),
          constantFrom(
            0n,
            1n,
            0x7fff_ffffn,
            0x8000_0000n,
            0xffff_ffffn,
            1n << 63n,
            (1n << 64n) - 1n,
          ),
        );
        check(
          property(
            value,
            value,
            value,
            value,
            integer({ min: 0, max: PER_WIDTH - 1 }),
            (a, b, c, d, i) => {
              const args = [a, b, c, d];
              const context = new Uint8Array(96);
              const view = new DataView(context.buffer);
              args.forEach((one, index) => {
                view.setBigUint64(index * 8, one, true);
              });
              const own = module[`p${i}`];
              const program = app[`p${i}`];
              assert.ok(own !== undefined && program !== undefined && "run" in program);
              const returned = program.run({ context }).returnValue;
              assert.equal(direct.call(own, { args }), returned, all[i]);
              assert.equal(machine(`p${i}`).run({ context }).returnValue, returned, all[i]);
              const inKernel = app.out.get(0);
              const here = direct.entries(module.out as never)[0]?.[1];
              assert.equal(here, inKernel, all[i]);
            },
          ),
          { numRuns: RUNS },
        );
      } finally {
        rmSync(folder, { recursive: true });
      }
    },
  );
}
