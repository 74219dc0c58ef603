import type { Span } from "@ocelli/bpf";

import type { Statement } from "../parse/ast.ts";
import { namedType, scalarType, typeName, type Type } from "../types/type.ts";
import { comparison } from "./arithmetic.ts";
import { describeOperand, toType } from "./convert.ts";
import { hold } from "./hold.ts";
import { lowerLoop, lowerRange, withLoop } from "./loops.ts";
import { declare, inScope, type Loop, type Lowerer } from "./lowerer.ts";
import { member, valueOfPlace } from "./members.ts";
import type { Operand } from "./operand.ts";

/** Lowers a statement. What stands behind a jump is lowered too, for its diagnostics, and dropped later. */
export function lowerStatement(low: Lowerer, node: Statement): void {
  const { builder } = low;
  builder.span = node.span;
  switch (node.kind) {
    case "block": {
      const body = (): void => {
        for (const one of node.statements) low.statement(one);
      };
      if (node.scope) inScope(low, body);
      else body();
      return;
    }
    case "expression":
      low.expression(node.expression);
      return;
    case "variable":
      lowerVariable(low, node);
      return;
    case "destructure": {
      const object = hold(low, low.expression(node.value));
      for (const { field, name } of node.names)
        bind(
          low,
          name,
          readAggregate(low, member(low, object(), field, node.span)),
          node.constant,
          "",
          node.span,
        );
      return;
    }
    case "if":
      lowerIf(low, node);
      return;
    case "loop":
      inScope(low, () => lowerLoop(low, node));
      return;
    case "for-of":
      inScope(low, () => lowerRange(low, node));
      return;
    case "switch":
      inScope(low, () => lowerSwitch(low, node));
      return;
    case "return":
      lowerReturn(low, node);
      return;
    default: {
      const loop: Loop | undefined = low.loops.findLast(
        ({ continues }) => node.kind === "break" || continues !== undefined,
      );
      const target = node.kind === "break" ? loop?.breaks : loop?.continues;
      if (target === undefined)
        low.refuse(
          "no-loop",
          node.span,
          `Cannot ${node.kind} here: there is no loop around`,
          "Use return",
        );
      else builder.jump(target);
      builder.enterUnreachable();
    }
  }
}

function readAggregate(low: Lowerer, operand: Operand): Operand {
  return operand.kind === "place" ? valueOfPlace(low, operand) : operand;
}

function lowerVariable(low: Lowerer, node: Statement & { readonly kind: "variable" }): void {
  const { name, type, value, span, constant } = node;
  const expected = namedType(type);
  if (value === undefined) {
    if (expected === undefined)
      low.refuse(
        "untyped-variable",
        span,
        `Cannot declare "${name}" without a value: its width is not known`,
        "Give it a value, or a type such as u32",
      );
    else
      declareVariable(
        low,
        name,
        { kind: "value", type: expected, value: low.builder.constant(0n) },
        expected,
        false,
        span,
      );
    return;
  }
  bind(low, name, readAggregate(low, low.expression(value, expected)), constant, type, span);
}

function bind(
  low: Lowerer,
  name: string,
  operand: Operand,
  constant: boolean,
  annotation: string,
  span: Span,
): void {
  const expected = namedType(annotation);
  const known = annotation === "" || annotation === "number" || annotation === "bigint";
  if (!known && expected === undefined) {
    low.refuse(
      "unknown-type",
      span,
      `Cannot declare "${name}" as ${annotation}: it is no type of kernel programs`,
      "Use u8 to u64, i8 to i64, be16 to be64 or boolean",
    );
    return;
  }
  switch (operand.kind) {
    case "value":
    case "literal": {
      if (operand.kind === "literal" && constant && expected === undefined) {
        declare(low, name, { kind: "fixed", operand });
        return;
      }
      const type: Type =
        expected ??
        (operand.kind === "value"
          ? operand.type
          : { kind: "int", bits: operand.big ? 64 : 32, signed: operand.value < 0n });
      declareVariable(low, name, operand, type, constant, span);
      return;
    }
    case "failed":
    case "packet":
    case "context":
    case "entity":
    case "function":
      declare(low, name, { kind: "fixed", operand });
      return;
    case "place":
    case "kernel-place": {
      // The address stays in a variable, so that it is right on every way.
      if (
        operand.kind === "place" &&
        operand.offset === 0 &&
        scalarType(operand.layout) === undefined
      ) {
        const type: Type = {
          kind: "reference",
          layout: operand.layout,
          memory: operand.memory,
          boxed: false,
        };
        const base = low.builder.emit({ op: "nonnull", value: operand.base });
        declareVariable(low, name, { kind: "value", type, value: base }, type, true, span);
        return;
      }
      declare(low, name, { kind: "held", operand: hold(low, operand) });
      return;
    }
    default:
      declare(low, name, { kind: "fixed", operand: { kind: "failed" } });
      low.refuse(
        "not-a-value",
        span,
        `Cannot keep ${describeOperand(operand)} in "${name}"`,
        "Keep a number, a record or a reference",
      );
  }
}

function declareVariable(
  low: Lowerer,
  name: string,
  operand: Operand,
  type: Type,
  constant: boolean,
  span: Span,
): void {
  const { builder } = low;
  const variable = builder.variable(constant);
  const value = toType(low, operand, type, span);
  builder.write(variable, value ?? builder.constant(0n));
  declare(low, name, { kind: "variable", variable, type, constant });
}

function lowerIf(low: Lowerer, node: Statement & { readonly kind: "if" }): void {
  const { builder } = low;
  const then = builder.block();
  const done = builder.block();
  const otherwise = node.otherwise === undefined ? done : builder.block();
  low.condition(node.test, then, otherwise);
  builder.enter(then);
  inScope(low, () => low.statement(node.yes));
  builder.jump(done);
  if (node.otherwise !== undefined) {
    const { otherwise: body } = node;
    builder.enter(otherwise);
    inScope(low, () => low.statement(body));
    builder.jump(done);
  }
  builder.enter(done);
}

function lowerSwitch(low: Lowerer, node: Statement & { readonly kind: "switch" }): void {
  const { builder } = low;
  const subject = hold(low, readAggregate(low, low.expression(node.subject)));
  const done = builder.block();
  const bodies = node.cases.map(() => builder.block());
  node.cases.forEach(({ test }, index) => {
    const body = bodies[index];
    if (test === undefined || body === undefined) return;
    const right = low.expression(test);
    const compared = comparison(low, "===", subject(), right, test.span);
    if (compared === undefined) return;
    const next = builder.block();
    builder.branch("==", compared.left, compared.right, body, next);
    builder.enter(next);
  });
  const fallback = node.cases.findIndex(({ test }) => test === undefined);
  builder.jump(bodies[fallback] ?? done);
  withLoop(low, { breaks: done, continues: undefined }, () => {
    node.cases.forEach(({ body }, index) => {
      const block = bodies[index];
      if (block === undefined) return;
      builder.enter(block);
      for (const one of body) low.statement(one);
      builder.jump(bodies[index + 1] ?? done);
    });
  });
  builder.enter(done);
}

function lowerReturn(low: Lowerer, { value, span }: Statement & { readonly kind: "return" }): void {
  const { builder } = low;
  const frame = low.frames.at(-1);
  if (frame === undefined) {
    low.refuse(
      "return-in-callback",
      span,
      "Cannot return here: the kernel calls the body of this loop as a function of its own",
      "Use break, and a variable that says what was found",
    );
    return;
  }
  if (value !== undefined) {
    const wanted = frame.resultType;
    const operand = readAggregate(low, low.expression(value, wanted));
    if (operand.kind === "failed") {
      // What was refused would have been the result: that is said already.
      frame.resultType ??= { kind: "int", bits: 32, signed: false };
      frame.hasResult = true;
      builder.write(frame.result, builder.constant(0n));
    } else if (operand.kind !== "void" && operand.kind !== "undefined") {
      const own = operand.kind === "value" ? operand.type : undefined;
      const literal: Type | undefined =
        operand.kind === "literal"
          ? { kind: "int", bits: operand.big ? 64 : 32, signed: operand.value < 0n }
          : undefined;
      const type = wanted ?? own ?? literal;
      if (type?.kind === "void")
        low.refuse(
          "no-result",
          span,
          `Cannot return ${describeOperand(operand)}: this program has no result`,
          "Write return without a value",
        );
      else if (type !== undefined) {
        frame.resultType = type;
        frame.hasResult = true;
        const isVerdict =
          frame.isProgram && own?.kind === "int" && own.bits !== 64 && operand.kind === "value";
        const result = isVerdict ? operand.value : toType(low, operand, type, span);
        if (result !== undefined) builder.write(frame.result, result);
      }
    } else if (frame.hasResult && frame.resultType?.kind === "int")
      low.refuse(
        "no-result",
        span,
        `Cannot return nothing: other ways return ${typeName(frame.resultType)}`,
        "Return a number on every way",
      );
    else if (operand.kind === "undefined") builder.write(frame.result, builder.constant(0n));
  }
  builder.span = span;
  builder.jump(frame.exit);
  builder.enterUnreachable();
}
