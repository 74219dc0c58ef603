import { errorAt, type Span } from "@ocelli/bpf";

import { CONTEXT_SHAPES } from "../author/context-shapes.ts";
import type { ProgramKind } from "../author/programs.ts";
import type { IrFunction } from "../ir/ir.ts";
import type { FunctionExpression } from "../parse/ast.ts";
import type { Entity } from "../types/evaluate.ts";
import { intType } from "../types/type.ts";
import { ARGUMENT_CONTEXT, type ContextField, type ProgramContext } from "./context.ts";
import { createLowerer, type LowerOptions } from "./create-lowerer.ts";
import { hookArguments, iteratorElement, probeArguments } from "./hooks.ts";
import type { Lowerer } from "./lowerer.ts";
import { FAILED, type Operand } from "./operand.ts";
import { REGISTERS } from "./registers.ts";
import { programResult, resultType } from "./result.ts";
import { tracepointContext } from "./tracepoint.ts";

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
