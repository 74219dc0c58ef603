import { FlowSchema, file_flow_flow, type FlowFilter } from "../proto/flow.gen.ts";
import { FilterError, type Predicate } from "../filter/predicate.ts";
import { compileExpr } from "./compile.ts";
import { parseCel } from "./parse.ts";
import { CelRuntimeError, CelSyntaxError, formatCelProblems } from "./problem.ts";
import type { Scope } from "./program.ts";
import { showType } from "./types.ts";
import { MessageValue } from "./values.ts";

// Steps of macros that one evaluation may take: lists of a flow have tens of items.
const STEPS = 100_000;

/** experimental.cel_expression: any expression that is true of `_flow`. A run-time error counts as no match. */
export function celFilter({ experimental }: FlowFilter, into: Predicate[]): void {
  const sources = experimental?.celExpression ?? [];
  if (sources.length === 0) return;
  const programs = sources.map((source) => compileCelFilter(source));
  into.push((flow) => programs.some((matches) => matches(flow)));
}

/**
 * Compiles an expression of the Common Expression Language over `_flow`, with the names of package `flow` at hand
 * (`Verdict.DROPPED`). It must be of type bool. Throws FilterError with Hubble's text, which is cel-go's.
 */
export function compileCelFilter(source: string): Predicate {
  const scope: Scope = {
    container: "flow",
    variables: [{ name: "_flow", type: { kind: "message", desc: FlowSchema }, slot: 0 }],
    enums: file_flow_flow.enums.concat(file_flow_flow.messages.flatMap((one) => one.nestedEnums)),
    messages: file_flow_flow.messages,
    problems: [],
  };
  const { type, run } = compile(source, scope);
  if (scope.problems.length > 0) fail(formatCelProblems(source, scope.problems));
  if (type.kind !== "bool") fail(`got "${showType(type)}", wanted "bool" result type`);
  return (flow) => {
    try {
      return run({ slots: [new MessageValue(FlowSchema, flow)], steps: STEPS }) === true;
    } catch (error) {
      if (error instanceof CelRuntimeError) return false;
      throw error;
    }
  };
}

function compile(source: string, scope: Scope): ReturnType<typeof compileExpr> {
  try {
    return compileExpr(parseCel(source), scope);
  } catch (error) {
    if (!(error instanceof CelSyntaxError)) throw error;
    return fail(formatCelProblems(source, [{ at: error.at, message: error.message }]));
  }
}

function fail(text: string): never {
  throw new FilterError(`error compiling CEL expression: ${text}`);
}
