import type { Block } from "../ir/ir.ts";
import type { Expression } from "../parse/ast.ts";
import { comparison } from "./arithmetic.ts";
import { isPointer } from "../types/type.ts";
import { toTyped } from "./convert.ts";
import { hold } from "./hold.ts";
import type { Lowerer } from "./lowerer.ts";
import type { Operand } from "./operand.ts";

const COMPARISONS: ReadonlySet<string> = new Set(["===", "!==", "<", "<=", ">", ">="]);

/** Whether an operator gives a boolean. */
export function isComparison(operator: string): boolean {
  return COMPARISONS.has(operator);
}

/** Lowers a condition to branches, without making a boolean of it. */
export function lowerCondition(
  low: Lowerer,
  node: Expression,
  then: Block,
  otherwise: Block,
): void {
  const { builder } = low;
  builder.span = node.span;
  switch (node.kind) {
    case "boolean":
      builder.jump(node.value ? then : otherwise);
      return;
    case "unary":
      if (node.operator !== "!") break;
      low.condition(node.operand, otherwise, then);
      return;
    case "logical": {
      if (node.operator === "??") break;
      const next = builder.block();
      if (node.operator === "&&") low.condition(node.left, next, otherwise);
      else low.condition(node.left, then, next);
      builder.enter(next);
      low.condition(node.right, then, otherwise);
      return;
    }
    case "binary":
      if (!isComparison(node.operator)) break;
      lowerComparison(low, node, then, otherwise);
      return;
    default:
  }
  branchOn(low, low.expression(node), node, then, otherwise);
}

function branchOn(
  low: Lowerer,
  operand: Operand,
  node: Expression,
  then: Block,
  otherwise: Block,
): void {
  const { builder } = low;
  switch (operand.kind) {
    case "literal":
      builder.jump(operand.value === 0n ? otherwise : then);
      return;
    case "undefined":
      builder.jump(otherwise);
      return;
    case "failed":
      builder.jump(then);
      return;
    default: {
      const typed = toTyped(low, operand, node.span);
      if (typed === undefined) {
        builder.jump(then);
        return;
      }
      builder.branchOnZero(typed.value, otherwise, then, isPointer(typed.type));
    }
  }
}

function lowerComparison(
  low: Lowerer,
  node: Expression & { readonly kind: "binary" },
  then: Block,
  otherwise: Block,
): void {
  const { builder } = low;
  const left = hold(low, low.expression(node.left));
  const right = low.expression(node.right);
  const first = left();
  builder.span = node.span;
  if (node.operator === "===" || node.operator === "!==") {
    const pointer =
      right.kind === "undefined" ? first : first.kind === "undefined" ? right : undefined;
    if (pointer !== undefined) {
      if (node.operator === "!==") branchOn(low, pointer, node, then, otherwise);
      else branchOn(low, pointer, node, otherwise, then);
      return;
    }
  }
  const test = comparison(low, node.operator, first, right, node.span);
  if (test === undefined) {
    builder.jump(then);
    return;
  }
  builder.branch(test.comparison, test.left, test.right, then, otherwise);
}

/** A condition as a boolean value: two ways that meet again. */
export function lowerBoolean(low: Lowerer, node: Expression): Operand {
  const { builder } = low;
  const yes = builder.block();
  const no = builder.block();
  const done = builder.block();
  const result = builder.variable();
  low.condition(node, yes, no);
  builder.enter(yes);
  builder.write(result, builder.constant(1n));
  builder.jump(done);
  builder.enter(no);
  builder.write(result, builder.constant(0n));
  builder.jump(done);
  builder.enter(done);
  return { kind: "value", type: { kind: "bool" }, value: builder.read(result) };
}
