import { formatAlertJson, formatAlertText, type Alert, type AlertFormat } from "@ocelli/rules";

import type { Delivery } from "./target.ts";

/**
 * Makes a writer of a template: `{rule}`, `{priority}`, `{source}`, `{message}`, `{tags}`, `{time}`, `{text}` (Falco's
 * line), `{json}` (Falco's JSON line), `{held-back}`, and `{field:proc.name}` for a field of the alert, `<NA>` where it
 * is missing. `{{` is a brace. Throws on a word that is not known.
 */
export function compileTemplate(
  template: string,
  format: AlertFormat = {},
): (delivery: Delivery) => string {
  const parts: ((delivery: Delivery) => string)[] = [];
  const pattern = /\{\{|\{([^{}]*)\}/g;
  let from = 0;
  for (const found of template.matchAll(pattern)) {
    const before = template.slice(from, found.index);
    if (before !== "") parts.push(() => before);
    from = found.index + found[0].length;
    const [, word] = found;
    parts.push(word === undefined ? () => "{" : writerOf(word, format));
  }
  const rest = template.slice(from);
  return (delivery) => parts.map((write) => write(delivery)).join("") + rest;
}

function writerOf(word: string, format: AlertFormat): (delivery: Delivery) => string {
  if (word.startsWith("field:")) {
    const name = word.slice(6);
    return ({ alert }) => fieldText(alert, name);
  }
  switch (word) {
    case "rule":
    case "priority":
    case "source":
    case "message":
      return ({ alert }) => alert[word];
    case "tags":
      return ({ alert }) => alert.tags.join(" ");
    case "time":
      return ({ alert }) => timeText(alert);
    case "text":
      return ({ alert }) => formatAlertText(alert, format);
    case "json":
      return ({ alert }) => formatAlertJson(alert, format);
    case "held-back":
      return ({ heldBack }) => String(heldBack);
    default:
      throw new SyntaxError(
        `Cannot read the template: found {${word}}. Use rule, priority, source, message, tags, time, text, json, held-back or field:NAME`,
      );
  }
}

/** A field of an alert as text; `<NA>` when it is missing. */
export function fieldText(alert: Alert, name: string): string {
  const value = alert.fields.get(name);
  return value === undefined || value === null ? "<NA>" : String(value);
}

/** When an alert's event happened, as RFC 3339 with milliseconds. */
export function timeText({ timeNs }: Alert): string {
  return new Date(Number(timeNs / 1_000_000n)).toISOString();
}
