import type { CompiledRule } from "@ocelli/rules";

import type { CliContext } from "../context.ts";
import { formatTable } from "../output/table.ts";
import { loadRulesOf } from "./load.ts";

/** Flags of `ocelli rules list`. */
export interface ListFlags {
  readonly json: boolean;
}

/** `ocelli rules list`: the rules that the files define together, in the order in which they are tried. */
export async function list(
  context: CliContext,
  flags: ListFlags,
  ...paths: readonly string[]
): Promise<void> {
  const result = await loadRulesOf(paths);
  const rows = result.rules.map(describeRow);
  const text = flags.json
    ? JSON.stringify(rows, null, 2)
    : formatTable(
        [
          { title: "RULE" },
          { title: "PRIORITY" },
          { title: "SOURCE" },
          { title: "ON" },
          { title: "EVENTS" },
          { title: "TAGS" },
        ],
        rows.map((row) => [
          row.rule,
          row.priority,
          row.source,
          row.enabled ? "yes" : "no",
          row.events === "all" ? "all" : row.events.join(" "),
          row.tags.join(" "),
        ]),
      ).join("\n");
  context.process.stdout.write(`${text}\n`);
}

interface RuleRow {
  readonly rule: string;
  readonly description: string;
  readonly priority: string;
  readonly source: string;
  readonly enabled: boolean;
  readonly events: "all" | readonly string[];
  readonly tags: readonly string[];
  readonly file: string;
}

function describeRow({ definition, eventTypes }: CompiledRule): RuleRow {
  return {
    rule: definition.name,
    description: definition.description.trim(),
    priority: definition.priority,
    source: definition.source,
    enabled: definition.enabled,
    events: eventTypes.complement ? "all" : [...eventTypes.names].toSorted(),
    tags: [...definition.tags].toSorted(),
    file: definition.path.source.file,
  };
}
