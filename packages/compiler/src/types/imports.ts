import { errorAt, type Diagnostic, type Span } from "@ocelli/bpf";

import { parseModule } from "../parse/parse.ts";
import { evaluateModule, type Entities, type ModuleImports } from "./evaluate.ts";

/** Gives the text of a module that an import names, and the name of its file. */
type ReadModule = (
  from: string,
  importer: string,
) => { readonly file: string; readonly text: string } | undefined;

/** The modules that a module imports, directly or through others. */
export interface LoadedImports {
  /** What the imports of a file find. */
  importsOf(file: string): ModuleImports;
  /** Texts by file. */
  readonly texts: ReadonlyMap<string, string>;
  readonly modules: readonly Entities[];
}

/** Prepares to read what a module imports: each file once, and nobody imports himself. */
export function loadImports(
  root: string,
  readModule: ReadModule | undefined,
  diagnostics: Diagnostic[],
): LoadedImports {
  const texts = new Map<string, string>();
  const known = new Map<string, Entities | undefined>();
  const modules: Entities[] = [];
  const importsOf =
    (importer: string): ModuleImports =>
    (from, span) => {
      const found = readModule?.(from, importer);
      if (found === undefined) return undefined;
      const { file, text } = found;
      if (file === root || (known.has(file) && known.get(file) === undefined))
        return circle(from, span);
      const before = known.get(file);
      if (before !== undefined) return before;
      known.set(file, undefined);
      texts.set(file, text);
      const parsed = parseModule(text, file);
      diagnostics.push(...parsed.diagnostics);
      const entities = evaluateModule(parsed.module, diagnostics, importsOf(file));
      known.set(file, entities);
      modules.push(entities);
      return entities;
    };
  const circle = (from: string, span: Span): undefined => {
    diagnostics.push(
      errorAt(
        "import-circle",
        span,
        `Cannot import from "${from}": it imports this module, directly or through others`,
        "Move what both need into a third module",
      ),
    );
  };
  return { importsOf, texts, modules };
}
