import { emptyCollection } from "./collection.ts";
import { compileRules, type CompiledRule } from "./compile-rules.ts";
import type { RuleDiagnostic } from "./load-diagnostic.ts";
import { filePath } from "./place-path.ts";
import { readFileInto } from "./read-file.ts";
import { builtInPlugins } from "./requirements.ts";

/** A rule file: its name for messages, and its text. */
export interface RuleFile {
  readonly name: string;
  readonly text: string;
}

/** What rules may build on. */
export interface LoadOptions {
  /** Sources of events; rules of other sources are skipped with a warning. Default: `syscall`. */
  readonly sources?: readonly string[];
  /** Plugins that `required_plugin_versions` finds, with versions. Default: those built in. */
  readonly plugins?: ReadonlyMap<string, string>;
}

/** What came of one file, after the files before it. */
export interface FileResult {
  readonly file: string;
  readonly ok: boolean;
  readonly diagnostics: readonly RuleDiagnostic[];
}

/** What came of all files: one result each, and the rules that they define together; none when a file failed. */
export interface LoadResult {
  readonly ok: boolean;
  readonly files: readonly FileResult[];
  readonly rules: readonly CompiledRule[];
}

/**
 * Loads rule files in order; later ones add to, change and replace what earlier ones define. After each file everything
 * is compiled, so that a file's result speaks of it together with those before. An error fails the whole load; the other
 * files are still read. Nothing is thrown for anything that a file may hold.
 */
export function loadRules(files: readonly RuleFile[], options: LoadOptions = {}): LoadResult {
  const collection = emptyCollection();
  const sources = new Set(options.sources ?? ["syscall"]);
  const plugins = options.plugins ?? builtInPlugins(sources);
  const results: FileResult[] = [];
  let rules: readonly CompiledRule[] = [];
  for (const { name, text } of files) {
    collection.diagnostics = [];
    readFileInto(collection, filePath(name, text), { sources, plugins });
    const readable = collection.diagnostics.every(({ severity }) => severity === "warning");
    if (readable) rules = compileRules(collection);
    const { diagnostics } = collection;
    const ok = diagnostics.every(({ severity }) => severity === "warning");
    results.push({ file: name, ok, diagnostics });
  }
  const ok = results.every((result) => result.ok);
  return { ok, files: results, rules: ok ? rules : [] };
}

/**
 * What a person wants to read of a load: each remark once, and of unused macros and lists only what is unused when all
 * files are read.
 */
export function remarksOf(result: LoadResult): RuleDiagnostic[] {
  const seen = new Set<string>();
  const last = result.files.at(-1);
  return result.files.flatMap((one) =>
    one.diagnostics.filter((diagnostic) => {
      const { code, file, line, column, message } = diagnostic;
      if (code.startsWith("LOAD_UNUSED_") && one !== last) return false;
      const key = JSON.stringify([code, file, line, column, message]);
      if (seen.has(key)) return false;
      seen.add(key);
      return true;
    }),
  );
}
