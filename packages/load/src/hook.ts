import { registerHooks, type LoadFnOutput, type LoadHookContext } from "node:module";

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

type NextLoad = (url: string, context?: Partial<LoadHookContext>) => LoadFnOutput;

function load(url: string, context: LoadHookContext, next: NextLoad): LoadFnOutput {
  const loaded = next(url, context);
  if (!isProgramModule(url) || loaded.source === undefined || loaded.source === null) return loaded;
  const { source } = loaded;
  const text = typeof source === "string" ? source : new TextDecoder().decode(source);
  return { ...loaded, source: withOrigins(text) };
}

/**
 * Makes `import * as probe from "./probe.bpf.ts"` give a module that `load()` takes, until the result is disposed of. For the
 * imports of a program's own files use `node --import @ocelli/load/register`. Needs Node's type stripping.
 */
export function registerProgramModules(): Disposable {
  const hooks = registerHooks({ load });
  return {
    [Symbol.dispose]: () => {
      hooks.deregister();
    },
  };
}
