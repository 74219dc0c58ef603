import { errorAt, type Btf, type Diagnostic, type Span } from "@ocelli/bpf";

import type { ProgramKind } from "../author/programs.ts";
import { IrBuilder } from "../ir/builder.ts";
import type { Expression } from "../parse/ast.ts";
import type { Entities } from "../types/evaluate.ts";
import { scalarType, typeName, type IntType } from "../types/type.ts";
import { lowerCall } from "./calls.ts";
import { lowerCondition } from "./conditions.ts";
import type { DataSections } from "./data.ts";
import { lowerExpression } from "./expressions.ts";
import { inlineFunction } from "./inline.ts";
import type { FunctionTable, Lowerer } from "./lowerer.ts";
import { FAILED, type Operand } from "./operand.ts";
import type { Architecture } from "./registers.ts";
import { lowerStatement } from "./statements.ts";

/** What lowering needs beyond the program itself. */
export interface LowerOptions {
  readonly entities: Entities;
  readonly data: DataSections;
  readonly kernel: Btf | undefined;
  /** The tracefs format of a tracepoint, `category/name`. */
  readonly tracepointFormat: ((name: string) => string | undefined) | undefined;
  readonly diagnostics: Diagnostic[];
  readonly arch: Architecture;
  /** The functions that programs call rather than inline. */
  readonly functions: FunctionTable;
  /** Learns what is computed in which width. */
  readonly onNumber?: ((node: Expression, type: IntType) => void) | undefined;
  /** Told the types of expressions. */
  readonly onType?: ((span: Span, type: string) => void) | undefined;
}

/** Starts to lower a program. */
export function createLowerer(name: string, kind: ProgramKind, options: LowerOptions): Lowerer {
  const { diagnostics } = options;
  const said = new Set<string>();
  const report = (diagnostic: Diagnostic): void => {
    // A function that is inlined twice is wrong once.
    const { code, span, message } = diagnostic;
    const key = `${code} ${span.section} ${span.offset} ${message}`;
    if (said.has(key)) return;
    said.add(key);
    diagnostics.push(diagnostic);
  };
  return start(name, kind, options, report, options.onType);
}

function start(
  name: string,
  kind: ProgramKind,
  options: Pick<LowerOptions, "entities" | "data" | "arch" | "functions" | "onNumber"> & {
    readonly kernel: Btf | undefined;
  },
  report: (diagnostic: Diagnostic) => void,
  onType: LowerOptions["onType"],
): Lowerer {
  const { entities, data, arch, functions, onNumber } = options;
  const low: Lowerer = {
    builder: new IrBuilder(name),
    entities,
    data,
    get kernel() {
      return options.kernel;
    },
    context: { fields: new Map() },
    kind,
    arch,
    functions,
    onNumber,
    frames: [],
    loops: [],
    scopes: [new Map()],
    refuse(code, span, message, hint) {
      report(errorAt(code, span, message, hint));
      return FAILED;
    },
    report,
    expression(node, expected) {
      const operand = lowerExpression(low, node, expected);
      if (onNumber !== undefined) noteNumber(node, operand, onNumber);
      const type = operandType(operand);
      if (type !== undefined) onType?.(node.span, type);
      return operand;
    },
    condition: (node, then, otherwise) => lowerCondition(low, node, then, otherwise),
    statement: (node) => lowerStatement(low, node),
    call: (node, expected) => lowerCall(low, node, expected),
    inline: (value, args, span, called, wanted) =>
      inlineFunction(low, value, args, span, called, wanted),
    // A function of its own sees what the program that calls it sees.
    derive(inner) {
      const derived = start(inner, kind, low, report, onType);
      derived.context = low.context;
      return derived;
    },
  };
  return low;
}

const COMPUTING: ReadonlySet<Expression["kind"]> = new Set<Expression["kind"]>([
  "binary",
  "unary",
  "assign",
  "update",
]);

function noteNumber(
  node: Expression,
  operand: Operand,
  onNumber: NonNullable<LowerOptions["onNumber"]>,
): void {
  if (operand.kind !== "value" || operand.type.kind !== "int") return;
  const isQuotient =
    node.kind === "call" && node.callee.kind === "name" && node.callee.name === "idiv";
  if (COMPUTING.has(node.kind) || isQuotient) onNumber(node, operand.type);
}

/** The name of a scalar's type; references and the like are the business of their own checks. */
function operandType(operand: Operand): string | undefined {
  const type =
    operand.kind === "value"
      ? operand.type
      : operand.kind === "place"
        ? scalarType(operand.layout)
        : undefined;
  return type?.kind === "int" || type?.kind === "bool" || type?.kind === "be"
    ? typeName(type)
    : undefined;
}
