import type { Span } from "@ocelli/bpf";

import type { ProgramKind } from "../author/programs.ts";
import type { Value } from "../ir/ir.ts";
import type { Entity } from "../types/evaluate.ts";
import { intType, type IntType, type Type } from "../types/type.ts";
import { knownRange, toTyped } from "./convert.ts";
import type { Lowerer } from "./lowerer.ts";
import type { Operand } from "./operand.ts";

/** What a kind of program returns. */
interface ResultRule {
  readonly type: IntType;
  /** What the kernel takes; others become `otherwise`. */
  readonly range?: { readonly min: bigint; readonly max: bigint; readonly otherwise: bigint };
  /** A program that returns nothing means 0. */
  readonly optional?: boolean;
}

const VERDICT: ResultRule = {
  type: intType(32, false),
  range: { min: 0n, max: 1n, otherwise: 1n },
};

const RULES: Readonly<Partial<Record<ProgramKind, ResultRule>>> = {
  xdp: { type: intType(32, false) },
  tc: { type: intType(32, true) },
  "socket-filter": { type: intType(32, false) },
  syscall: { type: intType(32, true) },
  "cgroup-skb": VERDICT,
  "cgroup-sock": VERDICT,
  "cgroup-sock-addr": VERDICT,
  "cgroup-device": VERDICT,
  "cgroup-sysctl": VERDICT,
  "sock-ops": VERDICT,
  "sk-lookup": VERDICT,
  "fmod-ret": { type: intType(32, true) },
  // What is neither 0 nor an error denies, as kernels below 6.12 take it.
  lsm: {
    type: intType(32, true),
    range: { min: -4095n, max: 0n, otherwise: -1n },
    optional: true,
  },
};

/** The type that a program of a kind returns; `undefined` when it returns nothing. */
export function resultType(kind: ProgramKind): Type | undefined {
  return RULES[kind]?.type;
}

/** The value that a program leaves in r0: within what the verifier takes for its kind (rows L21 to L45 of the verifier matrix). */
export function programResult(
  low: Lowerer,
  result: Operand,
  { name, body }: Entity & { readonly kind: "program" },
): Value {
  const { builder } = low;
  const none = builder.constant(0n);
  const rule = RULES[low.kind];
  if (rule === undefined || result.kind === "failed") return none;
  if (result.kind === "void") {
    if (rule.optional !== true)
      low.refuse(
        "no-result",
        { offset: body.span.offset, length: 1 },
        `Cannot compile program "${name}": it returns nothing`,
        "Return a verdict on every way",
      );
    return none;
  }
  const typed = toTyped(low, result, body.span);
  if (typed === undefined) return none;
  const { type, value } = typed;
  // The kernel looks at 32 bits, whatever their sign.
  const isNumber = (type.kind === "int" && type.bits !== 64) || type.kind === "bool";
  if (!isNumber) {
    low.refuse(
      "type-mismatch",
      body.span,
      `Cannot compile program "${name}": it returns no number of 32 bits`,
      "Return a verdict",
    );
    return none;
  }
  if (type.kind === "bool" || rule.range === undefined) return value;
  return clamp(low, value, type, rule.range, body.span);
}

function clamp(
  low: Lowerer,
  value: Value,
  type: IntType,
  { min, max, otherwise }: NonNullable<ResultRule["range"]>,
  span: Span,
): Value {
  const { builder } = low;
  const known = knownRange(low, value, type);
  if (known.min >= min && known.max <= max) return value;
  if (known.min > max || known.max < min) {
    low.refuse(
      "result-range",
      { offset: span.offset, length: 1 },
      `Cannot return ${known.min === known.max ? known.min : "these numbers"}: the kernel takes ${min} to ${max} from this kind of program`,
      "Return one of the verdicts",
    );
    return value;
  }
  const result = builder.variable();
  builder.write(result, value);
  const wrong = builder.block();
  const inside = builder.block();
  const done = builder.block();
  builder.branch("s>", value, builder.constant(max), wrong, inside);
  builder.enter(inside);
  builder.branch("s<", value, builder.constant(min), wrong, done);
  builder.enter(wrong);
  builder.write(result, builder.constant(otherwise));
  builder.jump(done);
  builder.enter(done);
  return builder.read(result);
}
