import { errorAt, type Btf, type Diagnostic, type Span } from "@ocelli/bpf";

import { CONTEXT_SHAPES } from "../author/context-shapes.ts";
import type { ProgramKind } from "../author/programs.ts";
import { IrBuilder } from "../ir/builder.ts";
import type { IrFunction } from "../ir/ir.ts";
import type { FunctionExpression } from "../parse/ast.ts";
import type { Entities, Entity } from "../types/evaluate.ts";
import { intType, namedType, type Type } from "../types/type.ts";
import { lowerCall } from "./calls.ts";
import { lowerCondition } from "./conditions.ts";
import { ARGUMENT_CONTEXT, type ContextField, type ProgramContext } from "./context.ts";
import { hold } from "./hold.ts";
import { hookArguments, iteratorElement, probeArguments } from "./hooks.ts";
import { programResult, resultType } from "./result.ts";
import { REGISTERS, type Architecture } from "./registers.ts";
import { toType } from "./convert.ts";
import type { DataSections } from "./data.ts";
import { lowerExpression } from "./expressions.ts";
import { declare, type Lowerer } from "./lowerer.ts";
import { FAILED, type Binding, type Operand } from "./operand.ts";
import { lowerStatement } from "./statements.ts";
import { tracepointContext } from "./tracepoint.ts";

/** What lowering needs beyond the program itself. */
export interface LowerOptions {
  readonly entities: Entities;
  readonly data: DataSections;
  readonly kernel: Btf | undefined;
  /** The tracefs format of a tracepoint, `category/name`. */
  readonly tracepointFormat: ((name: string) => string | undefined) | undefined;
  readonly diagnostics: Diagnostic[];
  readonly arch: Architecture;
}

/** How deep functions may be inlined into each other: recursion ends here. */
const MOST_FRAMES = 32;

/** Turns a program of a module into IR. What is wrong with it becomes diagnostics. */
export function lowerProgram(
  program: Entity & { readonly kind: "program" },
  options: LowerOptions,
): IrFunction {
  const { body } = program;
  const { type, attachTo } = program.program;
  const low = createLowerer(program.name, type, options);
  low.context = contextOf(low, attachTo, options, body.span);
  const args = argumentsOf(low, attachTo, body);
  const { builder } = low;
  builder.span = body.span;
  builder.current.span = body.span;
  const wanted = resultType(type);
  const result = low.inline(body, args, body.span, `program ${program.name}`, wanted);
  builder.leave(programResult(low, result, program));
  return builder.program;
}

const HOOKED: ReadonlySet<ProgramKind> = new Set<ProgramKind>([
  "tp-btf",
  "fentry",
  "fexit",
  "fmod-ret",
  "lsm",
]);

function contextOf(
  low: Lowerer,
  attachTo: string,
  options: LowerOptions,
  span: Span,
): ProgramContext {
  const none = { fields: new Map<string, ContextField>() };
  const { kind } = low;
  const shape = CONTEXT_SHAPES[kind];
  if (shape !== undefined) return { ...none, shape };
  switch (kind) {
    case "raw-tracepoint":
    case "syscall":
      return ARGUMENT_CONTEXT;
    case "kprobe":
    case "kretprobe":
    case "uprobe":
    case "uretprobe":
      return { ...none, registers: true };
    case "profile":
    case "perf-event": {
      const { size } = REGISTERS[low.arch];
      const word = { kind: "scalar", type: intType(64, false), size: 8 } as const;
      const fields = new Map<string, ContextField>([
        ["sample_period", { ...word, offset: size }],
        ["addr", { ...word, offset: size + 8 }],
      ]);
      return { fields, registers: true };
    }
    case "iter":
      return { ...none, element: () => iteratorElement(low, attachTo, span) };
    case "tracepoint": {
      const text = options.tracepointFormat?.(attachTo);
      if (text !== undefined) return tracepointContext(text);
      low.report(
        errorAt(
          "no-tracepoint",
          { offset: span.offset, length: 0 },
          `Cannot type the context of tracepoint "${attachTo}": its format is not known`,
          "Check the spelling, and compile as root where tracefs is",
        ),
      );
      return none;
    }
    default:
      return none;
  }
}

function argumentsOf(low: Lowerer, attachTo: string, body: FunctionExpression): readonly Operand[] {
  const wanted = body.parameters.length;
  if (wanted === 0) return [];
  const { kind } = low;
  const args = HOOKED.has(kind)
    ? hookArguments(low, attachTo, wanted, body.span)
    : kind === "kprobe" || kind === "kretprobe"
      ? probeArguments(low, attachTo, wanted, body.span)
      : [{ kind: "context" } as const];
  return args ?? body.parameters.map(() => FAILED);
}

function createLowerer(name: string, kind: ProgramKind, options: LowerOptions): Lowerer {
  const { entities, data, diagnostics, arch } = options;
  const said = new Set<string>();
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
    frames: [],
    loops: [],
    scopes: [new Map()],
    refuse(code, span, message, hint) {
      low.report(errorAt(code, span, message, hint));
      return FAILED;
    },
    report(diagnostic) {
      // A function that is inlined twice is wrong once.
      const key = `${diagnostic.code} ${diagnostic.span.offset} ${diagnostic.message}`;
      if (said.has(key)) return;
      said.add(key);
      diagnostics.push(diagnostic);
    },
    expression: (node, expected) => lowerExpression(low, node, expected),
    condition: (node, then, otherwise) => lowerCondition(low, node, then, otherwise),
    statement: (node) => lowerStatement(low, node),
    call: (node, expected) => lowerCall(low, node, expected),
    inline: (value, args, span, called, wanted) =>
      inlineFunction(low, value, args, span, called, wanted),
  };
  return low;
}

function inlineFunction(
  low: Lowerer,
  value: FunctionExpression,
  args: readonly Operand[],
  span: Span,
  name: string,
  wanted?: Type,
): Operand {
  const { builder, frames, loops, scopes } = low;
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
  // A function of the module sees its own names; one that is written in place sees those around it, too.
  const outer = value.name === "" ? scopes : [new Map<string, Binding>()];
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
