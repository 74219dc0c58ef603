import { fieldByName } from "@ocelli/event";

import { resolveField } from "../check/resolve-field.ts";
import type { LeftSide } from "../filter/ast.ts";
import { FilterSyntaxError, type Cursor } from "../filter/cursor.ts";
import { takeLeftSide } from "../filter/parse-value.ts";

/** A part of an output: text as it is, or the value of a field. */
export type OutputPart =
  | { readonly kind: "text"; readonly text: string }
  | {
      readonly kind: "value";
      /** As it is written, without the percent sign: the key among `output_fields`. */
      readonly source: string;
      readonly value: LeftSide;
      /** Characters to pad to; 0 pads nothing. */
      readonly width: number;
    };

/** An output read into parts, or what is wrong and where. */
export type ParsedOutput =
  | { readonly ok: true; readonly parts: readonly OutputPart[] }
  | {
      readonly ok: false;
      readonly offset: number;
      readonly message: string;
      readonly hint: string;
      /** Whether a field is not known, which `skip-if-unknown-filter` forgives. */
      readonly unknown: boolean;
    };

/**
 * Reads an output such as `%proc.name opened %12fd.name`: `%%` is a percent sign, a leading `*` asks that missing values
 * do not drop the output, which never happens here, and is left out. `source` is where the events come from.
 */
export function parseOutput(text: string, source: string = "syscall"): ParsedOutput {
  const parts: OutputPart[] = [];
  let plain = "";
  let offset = text.startsWith("*") ? 1 : 0;
  while (offset < text.length) {
    const percent = text.indexOf("%", offset);
    if (percent === -1) {
      plain += text.slice(offset);
      break;
    }
    plain += text.slice(offset, percent);
    if (text[percent + 1] === "%") {
      plain += "%";
      offset = percent + 2;
      continue;
    }
    const width = /^\d{0,4}/.exec(text.slice(percent + 1, percent + 5))?.[0] ?? "";
    const start = percent + 1 + width.length;
    const found = readValue(text, start, source);
    if ("message" in found) return { ok: false, ...found };
    if (plain !== "") parts.push({ kind: "text", text: plain });
    plain = "";
    offset = start + found.length;
    const written = text.slice(start, offset);
    parts.push({ kind: "value", source: written, value: found.value, width: Number(width) });
  }
  if (plain !== "") parts.push({ kind: "text", text: plain });
  return { ok: true, parts };
}

interface Refusal {
  readonly offset: number;
  readonly message: string;
  readonly hint: string;
  readonly unknown: boolean;
}

function readValue(
  text: string,
  start: number,
  source: string,
): { value: LeftSide; length: number } | Refusal {
  const refuse = (message: string, hint: string, unknown: boolean): Refusal => ({
    offset: start,
    message,
    hint,
    unknown,
  });
  const rest = /^[a-zA-Z0-9_.]*/.exec(text.slice(start))?.[0] ?? "";
  const cursor: Cursor = { text, offset: start, depth: 0, maxDepth: 100 };
  try {
    const value = takeLeftSide(cursor);
    if (value !== undefined) {
      if (value.kind === "transformer" || "field" in resolveField(value, source))
        return { value, length: cursor.offset - start };
      const shorter = longestField(value.name, source);
      if (shorter !== undefined && value.argument === undefined)
        return {
          value: { ...value, name: shorter, span: { offset: start, length: shorter.length } },
          length: shorter.length,
        };
    }
  } catch (error) {
    if (!(error instanceof FilterSyntaxError)) throw error;
    return refuse(error.message, error.hint, false);
  }
  return refuse(
    `invalid formatting token ${rest}`,
    'Write a field after "%", such as %proc.name, and "%%" for a percent sign',
    true,
  );
}

/** The longest field that the name starts with: Falco reads `%proc.names` as `proc.name` and an "s". */
function longestField(name: string, source: string): string | undefined {
  for (let end = name.length - 1; end > 0; end--) {
    const field = fieldByName(name.slice(0, end), source);
    if (field !== undefined && field.argument?.required !== true) return field.name;
  }
  return undefined;
}
