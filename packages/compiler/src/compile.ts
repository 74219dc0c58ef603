import {
  errorAt,
  success,
  type Btf,
  type CollectionSpec,
  type Diagnostic,
  type Result,
  type Span,
} from "@ocelli/bpf";

import { allocate } from "./code/allocate.ts";
import { emitCode, type Code } from "./code/emit.ts";
import { selectInstructions } from "./code/select.ts";
import type { IrFunction } from "./ir/ir.ts";
import { printIr } from "./ir/print.ts";
import { createDataSections } from "./lower/data.ts";
import { loadImports } from "./types/imports.ts";
import type { Architecture } from "./lower/registers.ts";
import { lowerProgram } from "./lower/program.ts";
import { makeCollection, type CompiledCode, type CompiledFunction } from "./object/collection.ts";
import type { FunctionTable } from "./lower/lowerer.ts";
import { createLineFinders } from "./object/source-lines.ts";
import type { Expression } from "./parse/ast.ts";
import { parseModule } from "./parse/parse.ts";
import { CONTEXT_SHAPES } from "./author/context-shapes.ts";
import { checkLoops } from "./passes/loops.ts";
import { findMovedPackets } from "./passes/moved-packets.ts";
import { clean } from "./passes/clean.ts";
import type { MapShape } from "./author/map-shape.ts";
import type { IntType } from "./types/type.ts";
import { evaluateModule, type Entities } from "./types/evaluate.ts";

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
  /** Told what type each expression of numbers, booleans and network order has, for editors and tests; functions may repeat. */
  readonly onType?: (span: Span, type: string) => void;
  /** The module that an import such as `./shared.ts` in the file `importer` names. */
  readonly readModule?: (
    from: string,
    importer: string,
  ) => { readonly file: string; readonly text: string } | undefined;
  /** Learns in which width each operation on numbers is done, as often as the function around it is compiled. */
  readonly onNumber?: (node: Expression, type: IntType) => void;
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

function mapsOf(entities: Entities): { readonly name: string; readonly shape: MapShape }[] {
  const found = [...entities.values()].flatMap((one) =>
    one.kind === "map" ? [{ name: one.name, shape: one.shape }] : [],
  );
  // A map that is imported under another name is still one.
  return [...new Map(found.map((one) => [one.name, one])).values()];
}

const MOST_STACK = 512;
/** Frames are rounded up to this below Linux 6.12. */
const FRAME = 32;

/** Bytes of the deepest chain of calls; one function alone is not rounded. */
function deepestStack(code: Code, functions: ReadonlyMap<string, CompiledFunction>): number {
  const rounded = (one: Code, depth: number): number => {
    const inner = depth > 16 ? 0 : deepestCall(one, depth + 1);
    return Math.ceil(Math.max(1, one.stackBytes) / FRAME) * FRAME + inner;
  };
  const deepestCall = (one: Code, depth: number): number =>
    Math.max(
      0,
      ...one.instructions.flatMap(({ instruction: { reference } }) => {
        const target = reference?.kind === "function" ? functions.get(reference.name) : undefined;
        return target === undefined ? [] : [rounded(target.code, depth)];
      }),
    );
  const calls = deepestCall(code, 0);
  return calls === 0 ? code.stackBytes : Math.ceil(code.stackBytes / FRAME) * FRAME + calls;
}

function generate(ir: IrFunction): Code {
  clean(ir);
  const lir = selectInstructions(ir);
  return emitCode(lir, allocate(lir));
}

/**
 * Compiles the text of a `.bpf.ts` module: nothing of it is run, and nothing of the machine is looked at. Everything that is
 * wrong is in the diagnostics, whose spans are offsets in the text; never throws on input.
 */
export function compile(text: string, options: CompileOptions = {}): Result<CompiledModule> {
  const { tracepointFormat, file = "module.bpf.ts", arch = "x86-64" } = options;
  const diagnostics: Diagnostic[] = [];
  const parsed = parseModule(text);
  diagnostics.push(...parsed.diagnostics);
  const loaded = loadImports(file, options.readModule, diagnostics);
  const entities = evaluateModule(parsed.module, diagnostics, loaded.importsOf(file));
  const data = createDataSections();
  const functions: FunctionTable = new Map();
  const lowering = {
    entities,
    data,
    tracepointFormat,
    diagnostics,
    arch,
    functions,
    onNumber: options.onNumber,
    onType: options.onType,
    get kernel(): Btf | undefined {
      return options.kernel;
    },
  };
  const programs: CompiledProgram[] = [];
  const codes: CompiledCode[] = [];
  const called = new Map<string, CompiledFunction>();
  for (const entity of entities.values()) {
    if (entity.kind !== "program") continue;
    const known = diagnostics.length;
    const ir = lowerProgram(entity, lowering);
    if (diagnostics.length > known) continue;
    const { name, program, body } = entity;
    const code = generate(ir);
    const packet = CONTEXT_SHAPES[program.type]?.packet;
    if (packet !== undefined) diagnostics.push(...findMovedPackets(ir, packet));
    diagnostics.push(...checkLoops(ir));
    for (const one of functions.values()) {
      if (one === undefined || called.has(one.name)) continue;
      const { linkage, parameters } = one;
      // What generate() leaves of the loops is what the verifier sees.
      const made = generate(one.ir);
      diagnostics.push(...checkLoops(one.ir));
      called.set(one.name, { name: one.name, linkage, parameters, code: made });
    }
    const stackBytes = deepestStack(code, called);
    if (stackBytes > MOST_STACK) {
      const how = stackBytes > code.stackBytes ? ", with the functions that it calls" : "";
      diagnostics.push(
        errorAt(
          "stack-size",
          body.span,
          `Cannot compile program "${name}": it needs ${stackBytes} bytes of stack${how}, and the machine has ${MOST_STACK}`,
          "Put large values into scratch(schema)",
        ),
      );
    }
    const { section, attachTo } = program;
    codes.push({ name, section, attachTo, code });
    programs.push({ name, instructions: code.instructions.length, stackBytes, ir: printIr(ir) });
  }
  diagnostics.sort((a, b) => a.span.offset - b.span.offset);
  if (diagnostics.some(({ severity }) => severity === "error")) return { ok: false, diagnostics };
  const own = mapsOf(entities);
  const compiled = [...called.values()];
  const used = new Set(
    [...codes, ...compiled].flatMap(({ code }) =>
      code.instructions.flatMap(({ instruction: { reference } }) =>
        reference?.kind === "map" ? [reference.name] : [],
      ),
    ),
  );
  const others = loaded.modules
    .flatMap(mapsOf)
    .filter(({ name }) => used.has(name) && !own.some((one) => one.name === name));
  const maps = [...own, ...others, ...data.maps];
  const lineOf = createLineFinders(text, file, loaded.texts);
  const readsKernel = [...codes, ...compiled].some(({ code }) =>
    code.instructions.some(({ core }) => core !== undefined),
  );
  const kernel = readsKernel ? options.kernel : undefined;
  const collection = makeCollection({
    programs: codes,
    functions: compiled,
    maps,
    data,
    kernel,
    lineOf,
  });
  return success({ collection, programs }, diagnostics);
}
