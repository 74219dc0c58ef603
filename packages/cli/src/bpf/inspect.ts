import { formatDiagnostic, readCollection, type CollectionSpec } from "@ocelli/bpf";

import type { CliContext } from "../context.ts";
import { RefusedError } from "../exit.ts";
import { readInput } from "../input.ts";
import { refuseInput } from "../output/refuse-input.ts";
import { formatTable } from "../output/table.ts";
import { summarize, type CollectionSummary } from "./summary.ts";

/** Flags of `ocelli bpf inspect`. */
export interface InspectFlags {
  readonly json: boolean;
}

/**
 * Reads an object file into its blueprint, or compiles a `.bpf.ts` file to one; refuses with every diagnostic when it cannot,
 * warns on stderr else.
 */
export async function openObject(context: CliContext, path: string): Promise<CollectionSpec> {
  if (path.endsWith(".bpf.ts")) {
    // Only here: the compiler takes longer to load than an object file to read.
    const { compileSource, formatDiagnostics } = await import("./source.ts");
    const source = await compileSource(path);
    const words = formatDiagnostics(source);
    if (!source.result.ok) throw new RefusedError(words.trimEnd());
    context.process.stderr.write(words);
    return source.result.value.collection;
  }
  const result = readCollection(await readInput(path));
  if (!result.ok) throw refuseInput(path, result.diagnostics);
  for (const warning of result.diagnostics)
    context.process.stderr.write(`${formatDiagnostic(warning)}\n`);
  return result.value;
}

/** `ocelli bpf inspect`. */
export async function inspect(
  context: CliContext,
  flags: InspectFlags,
  path: string,
): Promise<void> {
  const summary = summarize(await openObject(context, path));
  const text = flags.json
    ? JSON.stringify(summary, null, 2)
    : formatSummary(path, summary).join("\n");
  context.process.stdout.write(`${text}\n`);
}

function formatSummary(path: string, summary: CollectionSummary): string[] {
  const order = summary.littleEndian ? "little" : "big";
  const types = summary.btfTypes === undefined ? "no BTF" : `${summary.btfTypes} BTF types`;
  const lines = [`${path}: licence "${summary.license}", ${order} endian, ${types}`];
  const section = (title: string, table: string[]): void => {
    if (table.length > 1) lines.push("", title, ...table.map((line) => `  ${line}`));
  };
  section(
    "Programs",
    formatTable(
      [
        { title: "NAME" },
        { title: "TYPE" },
        { title: "SECTION" },
        { title: "INSNS", align: "right" },
        { title: "CO-RE", align: "right" },
        { title: "USES" },
      ],
      summary.programs.map((program) => [
        program.name,
        program.type,
        program.section + (program.autoload ? "" : " (not loaded unless asked)"),
        String(program.instructions),
        String(program.relocations),
        program.uses.join(", "),
      ]),
    ),
  );
  section(
    "Functions",
    formatTable(
      [{ title: "NAME" }, { title: "LINKAGE" }, { title: "INSNS", align: "right" }],
      summary.functions.map((item) => [item.name, item.linkage, String(item.instructions)]),
    ),
  );
  section(
    "Maps",
    formatTable(
      [
        { title: "NAME" },
        { title: "TYPE" },
        { title: "KEY", align: "right" },
        { title: "VALUE", align: "right" },
        { title: "ENTRIES", align: "right" },
        { title: "FLAGS" },
      ],
      summary.maps.map((map) => [
        map.name,
        map.type,
        String(map.keySize),
        String(map.valueSize),
        String(map.maxEntries),
        [`0x${map.flags.toString(16)}`, ...(map.pinned ? ["pinned by name"] : [])].join(", "),
      ]),
    ),
  );
  section(
    "Variables",
    formatTable(
      [
        { title: "NAME" },
        { title: "SECTION" },
        { title: "OFFSET", align: "right" },
        { title: "SIZE", align: "right" },
      ],
      summary.variables.map((item) => [
        item.name,
        item.section,
        String(item.offset),
        String(item.size),
      ]),
    ),
  );
  if (summary.externs.length > 0) lines.push("", "Externs", `  ${summary.externs.join(", ")}`);
  return lines;
}
