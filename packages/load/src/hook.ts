import { registerHooks, type LoadFnOutput, type LoadHookContext } from "node:module";
import { fileURLToPath } from "node:url";

import { wrapArithmetic } from "@ocelli/compiler/compile";

import { hostCompileOptions } from "./compile-file.ts";

const ORIGIN = new URL(import.meta.url.replace(/hook\.([jt]s)$/, "origin.$1")).href;

/** Whether an address is that of a module with kernel programs. */
export function isProgramModule(url: string): boolean {
  return /\.bpf\.ts(?:\?|$)/.test(url);
}

/** Names that a module exports by `export const` and `export function`. */
function exportedNames(text: string): string[] {
  const found = text.matchAll(/^export\s+(?:const|function)\s+([A-Za-z_$][\w$]*)/gm);
  return [...found].flatMap(([, name]) => name ?? []);
}

/**
 * A module's text with a line at its end that notes what it exports, so that `load()` finds the source of what it is given.
 * Lines keep their numbers.
 */
export function withOrigins(text: string): string {
  const names = exportedNames(text).join(", ");
  const note = "__ocelliNoteOrigins";
  return `${text}\n;import { noteOrigins as ${note} } from ${JSON.stringify(ORIGIN)}; ${note}(import.meta.url, { ${names} });\n`;
}

/** What the loader hook does beside noting where modules come from. */
export interface HookOptions {
  /** Makes arithmetic wrap at its width, so that programs can be called directly. Every module is compiled for it. */
  readonly arithmetic?: boolean;
}

const HELPERS = "__ocelliWrap";
const COMPILER = import.meta.resolve("@ocelli/compiler/compile");

/** A module's text whose functions compute in JavaScript what they compute in the kernel. */
function withArithmetic(url: string, text: string): string {
  const wrapped = wrapArithmetic(
    text,
    HELPERS,
    hostCompileOptions(fileURLToPath(url.replace(/\?.*$/, ""))),
  );
  return `${wrapped}\n;import { wrapHelpers as ${HELPERS} } from ${JSON.stringify(COMPILER)};\n`;
}

type NextLoad = (url: string, context?: Partial<LoadHookContext>) => LoadFnOutput;

function loadModule(
  url: string,
  context: LoadHookContext,
  next: NextLoad,
  { arithmetic = false }: HookOptions,
): LoadFnOutput {
  const loaded = next(url, context);
  if (!isProgramModule(url) || loaded.source === undefined || loaded.source === null) return loaded;
  const { source } = loaded;
  const text = typeof source === "string" ? source : new TextDecoder().decode(source);
  const exact = arithmetic ? withArithmetic(url, text) : text;
  return { ...loaded, source: withOrigins(exact) };
}

/**
 * Makes `import * as probe from "./probe.bpf.ts"` give a module that `load()` takes, until the result is disposed of. For the
 * imports of a program's own files use `node --import @ocelli/load/register`. Needs Node's type stripping.
 */
export function registerProgramModules(options: HookOptions = {}): Disposable {
  const hooks = registerHooks({
    load: (url, context, next) => loadModule(url, context, next, options),
  });
  return {
    [Symbol.dispose]: () => {
      hooks.deregister();
    },
  };
}
