import {
  errorAt,
  success,
  type Btf,
  type CollectionSpec,
  type Diagnostic,
  type Result,
} from "@ocelli/bpf";

import { allocate } from "./code/allocate.ts";
import { emitCode } from "./code/emit.ts";
import { selectInstructions } from "./code/select.ts";
import { printIr } from "./ir/print.ts";
import { createDataSections } from "./lower/data.ts";
import type { Architecture } from "./lower/registers.ts";
import { lowerProgram } from "./lower/program.ts";
import { makeCollection, type CompiledCode } from "./object/collection.ts";
import { createLineFinder } from "./object/source-lines.ts";
import { parseModule } from "./parse/parse.ts";
import { CONTEXT_SHAPES } from "./author/context-shapes.ts";
import { findMovedPackets } from "./passes/moved-packets.ts";
import { clean } from "./passes/clean.ts";
import { evaluateModule } from "./types/evaluate.ts";

/** What compiling needs to know besides the text. All of it is data, so that it gives the same result everywhere. */
export interface CompileOptions {
  /** The file's name, for line info. */
  readonly file?: string;
  /** The kernel's types, for programs whose arguments are kernel structs. Not touched otherwise: it may be a getter. */
  readonly kernel?: Btf | undefined;
  /** The text of a tracepoint's `format` file, by `category/name`. */
  readonly tracepointFormat?: (name: string) => string | undefined;
  /** The machine whose registers kprobes, uprobes and samples read; x86-64 if absent. */
  readonly arch?: Architecture;
}

/** A program of a compiled module. */
export interface CompiledProgram {
  readonly name: string;
  readonly instructions: number;
  readonly stackBytes: number;
  /** Its IR, after all passes. */
  readonly ir: string;
}

/** A compiled module. */
export interface CompiledModule {
  /** The blueprint, for `writeCollection()` and for loading. */
  readonly collection: CollectionSpec;
  readonly programs: readonly CompiledProgram[];
}

const MOST_STACK = 512;

/**
 * Compiles the text of a `.bpf.ts` module: nothing of it is run, and nothing of the machine is looked at. Everything that is
 * wrong is in the diagnostics, whose spans are offsets in the text; never throws on input.
 */
export function compile(text: string, options: CompileOptions = {}): Result<CompiledModule> {
  const { tracepointFormat, file = "module.bpf.ts", arch = "x86-64" } = options;
  const diagnostics: Diagnostic[] = [];
  const parsed = parseModule(text);
  diagnostics.push(...parsed.diagnostics);
  const entities = evaluateModule(parsed.module, diagnostics);
  const data = createDataSections();
  const lowering = {
    entities,
    data,
    tracepointFormat,
    diagnostics,
    arch,
    get kernel(): Btf | undefined {
      return options.kernel;
    },
  };
  const programs: CompiledProgram[] = [];
  const codes: CompiledCode[] = [];
  for (const entity of entities.values()) {
    if (entity.kind !== "program") continue;
    const known = diagnostics.length;
    const ir = lowerProgram(entity, lowering);
    if (diagnostics.length > known) continue;
    clean(ir);
    const packet = CONTEXT_SHAPES[entity.program.type]?.packet;
    if (packet !== undefined) diagnostics.push(...findMovedPackets(ir, packet));
    const lir = selectInstructions(ir);
    const code = emitCode(lir, allocate(lir));
    const { name } = entity;
    if (code.stackBytes > MOST_STACK) {
      diagnostics.push(
        errorAt(
          "stack-size",
          entity.body.span,
          `Cannot compile program "${name}": it needs ${code.stackBytes} bytes of stack, and the machine has ${MOST_STACK}`,
          "Put large values into scratch(schema)",
        ),
      );
    }
    const { section, attachTo } = entity.program;
    codes.push({ name, section, attachTo, code });
    programs.push({
      name,
      instructions: code.instructions.length,
      stackBytes: code.stackBytes,
      ir: printIr(ir),
    });
  }
  diagnostics.sort((a, b) => a.span.offset - b.span.offset);
  if (diagnostics.some(({ severity }) => severity === "error")) return { ok: false, diagnostics };
  const maps = [...entities.values()]
    .flatMap((one) => (one.kind === "map" ? [{ name: one.name, shape: one.shape }] : []))
    .concat(data.maps);
  const lineOf = createLineFinder(text, file);
  const readsKernel = codes.some(({ code }) =>
    code.instructions.some(({ core }) => core !== undefined),
  );
  const kernel = readsKernel ? options.kernel : undefined;
  const collection = makeCollection({ programs: codes, maps, data, kernel, lineOf });
  return success({ collection, programs }, diagnostics);
}
