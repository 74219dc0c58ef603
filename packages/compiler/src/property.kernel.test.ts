// Matrix: the oldest and the newest kernel: arithmetic.
import assert from "node:assert/strict";

import { loadCollection, run } from "@ocelli/linux";
import { kernelTest } from "@ocelli/testkit";
import {
  array,
  assert as check,
  bigInt,
  constantFrom,
  integer,
  letrec,
  oneof,
  property,
  tuple,
  type Arbitrary,
} from "fast-check";

import { compile } from "./compile.ts";

/** An expression in two languages: the compiler's, and BigInt's, which computes it exactly and wraps at the end of each step. */
interface Sample {
  readonly source: string;
  readonly value: (a: readonly bigint[]) => bigint;
}

type Wrap = (value: bigint) => bigint;

const u64: Wrap = (value) => BigInt.asUintN(64, value);
const i64: Wrap = (value) => BigInt.asIntN(64, value);
const u32: Wrap = (value) => BigInt.asUintN(32, value);
const i32: Wrap = (value) => BigInt.asIntN(32, value);

interface Width {
  readonly name: "u64" | "i64" | "u32" | "i32";
  readonly wrap: Wrap;
  readonly bits: bigint;
  readonly suffix: string;
}

const WIDTHS: readonly Width[] = [
  { name: "u64", wrap: u64, bits: 64n, suffix: "n" },
  { name: "i64", wrap: i64, bits: 64n, suffix: "n" },
  { name: "u32", wrap: u32, bits: 32n, suffix: "" },
  { name: "i32", wrap: i32, bits: 32n, suffix: "" },
];

function expressionOf({ name, wrap, bits, suffix }: Width): Arbitrary<Sample> {
  const shiftRight = name === "u32" ? ">>>" : ">>";
  const divide =
    bits === 64n
      ? (a: string, b: string) => `(${a} / ${b})`
      : (a: string, b: string) => `idiv(${a}, ${b})`;
  const { expression } = letrec<{ expression: Sample; leaf: Sample; node: Sample }>((tie) => ({
    leaf: oneof(
      integer({ min: 0, max: 3 }).map((index) => ({
        source: `${name}(ctx.args[${index}])`,
        value: (a: readonly bigint[]) => wrap(a[index] ?? 0n),
      })),
      bigInt({ min: 0n, max: (1n << (bits - 1n)) - 1n }).map((literal) => ({
        // Through the schema, so that literals keep this width among themselves.
        source: `${name}(${literal}${suffix})`,
        value: () => literal,
      })),
    ),
    node: oneof(
      ...(
        [
          ["+", (a, b) => a + b],
          ["-", (a, b) => a - b],
          ["*", (a, b) => a * b],
          ["&", (a, b) => a & b],
          ["|", (a, b) => a | b],
          ["^", (a, b) => a ^ b],
        ] satisfies [string, (a: bigint, b: bigint) => bigint][]
      ).map(([operator, apply]) =>
        tuple(tie("expression"), tie("expression")).map(([a, b]) => ({
          source: `(${a.source} ${operator} ${b.source})`,
          value: (x: readonly bigint[]) => wrap(apply(a.value(x), b.value(x))),
        })),
      ),
      tuple(tie("expression"), tie("expression")).map(([a, b]) => ({
        source: divide(a.source, b.source),
        value: (x: readonly bigint[]) => {
          const divisor = b.value(x);
          return divisor === 0n ? 0n : wrap(a.value(x) / divisor);
        },
      })),
      tuple(tie("expression"), tie("expression")).map(([a, b]) => ({
        source: `(${a.source} % ${b.source})`,
        value: (x: readonly bigint[]) => {
          const divisor = b.value(x);
          return divisor === 0n ? a.value(x) : wrap(a.value(x) % divisor);
        },
      })),
      tuple(tie("expression"), bigInt({ min: 0n, max: bits - 1n })).map(([a, count]) => ({
        source: `(${a.source} << ${count}${suffix})`,
        value: (x: readonly bigint[]) => wrap(a.value(x) << count),
      })),
      tuple(tie("expression"), bigInt({ min: 0n, max: bits - 1n })).map(([a, count]) => ({
        source: `(${a.source} ${shiftRight} ${count}${suffix})`,
        value: (x: readonly bigint[]) => wrap(a.value(x) >> count),
      })),
      tuple(tie("expression"), tie("expression")).map(([a, count]) => ({
        source: `(${a.source} << (${count.source} & ${name}(${bits - 1n}${suffix})))`,
        value: (x: readonly bigint[]) =>
          wrap(a.value(x) << BigInt.asUintN(bits === 64n ? 6 : 5, count.value(x))),
      })),
      tuple(tie("expression"), tie("expression"), tie("expression"), tie("expression")).map(
        ([a, b, c, d]) => ({
          source: `(${a.source} < ${b.source} ? ${c.source} : ${d.source})`,
          value: (x: readonly bigint[]) => (a.value(x) < b.value(x) ? c.value(x) : d.value(x)),
        }),
      ),
      tuple(tie("expression"), tie("expression")).map(([a, b]) => ({
        source: `(${a.source} !== ${b.source} && ${a.source} >= ${b.source} ? ~${a.source} : -${b.source})`,
        value: (x: readonly bigint[]) =>
          a.value(x) > b.value(x) ? wrap(~a.value(x)) : wrap(-b.value(x)),
      })),
    ),
    expression: oneof({ maxDepth: 3, depthIdentifier: "depth" }, tie("leaf"), tie("node")),
  }));
  return expression;
}

const RUNS = Number(process.env["OCELLI_EXPRESSIONS"] ?? 150);
const HEADER = 'import { arrayMap, idiv, syscall, i32, i64, u32, u64 } from "@ocelli/compiler";\n';

function moduleOf(width: Width, expression: string): string {
  return `${HEADER}export const out = arrayMap({ value: ${width.name}, maxEntries: 1 });
export const probe = syscall((ctx) => {
  out.set(0, ${expression});
  return 7;
});
`;
}

for (const width of WIDTHS) {
  kernelTest(
    `compile() gives random ${width.name} expressions the value that BigInt gives them`,
    { needs: ["syscall_program"] },
    () => {
      const args = array(
        oneof(
          bigInt({ min: 0n, max: (1n << 64n) - 1n }),
          constantFrom(
            0n,
            1n,
            2n,
            0x7fff_ffffn,
            0x8000_0000n,
            0xffff_ffffn,
            1n << 63n,
            (1n << 64n) - 1n,
          ),
        ),
        { minLength: 4, maxLength: 4 },
      );
      check(
        property(expressionOf(width), args, ({ source, value }, given) => {
          const text = moduleOf(width, source);
          const compiled = compile(text);
          assert.deepEqual(compiled.diagnostics, [], text);
          if (!compiled.ok) return;
          using loaded = loadCollection(compiled.value.collection);
          const context = new Uint8Array(96);
          const view = new DataView(context.buffer);
          given.forEach((one, index) => view.setBigUint64(index * 8, one, true));
          assert.equal(run(loaded.program("probe"), { context }).returnValue, 7);
          const bytes = loaded.map("out").lookup(new Uint8Array(4)) ?? new Uint8Array(8);
          const read = new DataView(bytes.buffer, bytes.byteOffset);
          const result =
            width.bits === 64n ? read.getBigUint64(0, true) : BigInt(read.getUint32(0, true));
          assert.equal(width.wrap(result), value(given), text);
        }),
        { numRuns: RUNS },
      );
    },
  );
}
