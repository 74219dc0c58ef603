import type { Span } from "@ocelli/bpf";

import type { FunctionExpression } from "../parse/ast.ts";
import { scopeOf } from "../types/scopes.ts";
import { intType, namedType, type Type } from "../types/type.ts";
import { toType } from "./convert.ts";
import { hold } from "./hold.ts";
import { declare, type Lowerer } from "./lowerer.ts";
import { FAILED, type Binding, type Operand } from "./operand.ts";

/** How deep functions may be inlined into each other: recursion ends here. */
const MOST_FRAMES = 32;

/** Puts a function's body in the place of its call. */
export function inlineFunction(
  low: Lowerer,
  value: FunctionExpression,
  args: readonly Operand[],
  span: Span,
  name: string,
  wanted?: Type,
): Operand {
  const { builder, frames, loops, scopes, entities } = low;
  if (frames.length >= MOST_FRAMES)
    return low.refuse(
      "recursion",
      span,
      `Cannot call "${name}" here: it calls itself, or calls are nested more than ${MOST_FRAMES} deep`,
      "Use a loop",
    );
  const frame = {
    name,
    exit: builder.block(),
    result: builder.variable(),
    resultType: wanted ?? namedType(value.returns),
    hasResult: false,
    isProgram: wanted !== undefined,
  };
  const own: Lowerer["frames"][number] = frame;
  // A function of a module sees the module's names; one that is written in place sees those around it, too.
  const scope = scopeOf(value);
  const outer = scope === undefined ? scopes : [new Map<string, Binding>()];
  low.entities = scope ?? entities;
  low.frames = [...frames, own];
  low.loops = [];
  low.scopes = [...outer, new Map()];
  builder.write(own.result, builder.constant(0n));
  value.parameters.forEach((parameter, index) => bindParameter(low, parameter, args[index], name));
  low.statement(value.body);
  builder.jump(own.exit);
  builder.enter(own.exit);
  low.frames = frames;
  low.loops = loops;
  low.scopes = scopes;
  low.entities = entities;
  const type = own.resultType;
  return type === undefined || !own.hasResult
    ? { kind: "void" }
    : { kind: "value", type, value: builder.read(own.result) };
}

function bindParameter(
  low: Lowerer,
  parameter: FunctionExpression["parameters"][number],
  argument: Operand | undefined,
  name: string,
): void {
  if (argument === undefined) {
    low.refuse(
      "missing-argument",
      parameter.span,
      `Cannot call "${name}": it wants "${parameter.name}"`,
      "Give all arguments",
    );
    declare(low, parameter.name, { kind: "fixed", operand: FAILED });
    return;
  }
  const bound = argument.kind === "value" || argument.kind === "literal";
  if (!bound) {
    const isPlace = argument.kind === "place" || argument.kind === "kernel-place";
    declare(
      low,
      parameter.name,
      isPlace
        ? { kind: "held", operand: hold(low, argument) }
        : { kind: "fixed", operand: argument },
    );
    return;
  }
  const type: Type =
    argumentType(parameter.type) ??
    (argument.kind === "value"
      ? argument.type
      : intType(argument.big ? 64 : 32, argument.value < 0n));
  // A reference stays what it was checked to be.
  const constant = type.kind === "reference" || type.kind === "kernel";
  const variable = low.builder.variable(constant);
  const value = toType(low, argument, type, parameter.span);
  low.builder.write(variable, value ?? low.builder.constant(0n));
  declare(low, parameter.name, { kind: "variable", variable, type, constant });
}

function argumentType(name: string): Type | undefined {
  const match = /^([ui])(8|16|32|64)$/.exec(name);
  if (match === null) return name === "boolean" ? { kind: "bool" } : undefined;
  const bits = Number(match[2]);
  return bits === 8 || bits === 16 || bits === 32 || bits === 64
    ? intType(bits, match[1] === "i")
    : undefined;
}
