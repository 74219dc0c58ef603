import { isCaptureField } from "@ocelli/capture";
import { AUDIT_FIELDS, FIELDS, type Field } from "@ocelli/event";

import type { CliContext } from "../context.ts";
import { formatTable } from "../output/table.ts";

// The engine compares the time of the event itself.
const COMPARED = "evt.around";

/** Flags of `ocelli rules fields`. */
export interface FieldsFlags {
  readonly json: boolean;
  readonly missing: boolean;
}

/** `ocelli rules fields`: the catalogue, or what no source of events fills in. */
export async function fields(context: CliContext, flags: FieldsFlags): Promise<void> {
  const shown = flags.missing
    ? FIELDS.filter(({ name }) => !isCaptureField(name) && name !== COMPARED)
    : [...FIELDS, ...AUDIT_FIELDS];
  const text = flags.json
    ? JSON.stringify(shown, null, 2)
    : formatTable(
        [{ title: "FIELD" }, { title: "TYPE" }, { title: "MEANING" }],
        shown.map((field) => [
          `${field.name}${brackets(field)}`,
          `${field.type}${field.list ? " list" : ""}`,
          field.doc,
        ]),
      ).join("\n");
  context.process.stdout.write(`${text}\n`);
}

/** `[x]` for an argument that is needed, `[?]` for one that may be left out. */
function brackets({ argument }: Field): string {
  if (argument === undefined) return "";
  return argument.required ? "[x]" : "[?]";
}
