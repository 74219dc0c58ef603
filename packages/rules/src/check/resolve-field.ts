import { fieldByName, fieldsOfSource, isEventParameter, type Field } from "@ocelli/event";

import type { FieldNode } from "../filter/ast.ts";
import { errorFinding, type Finding } from "./finding.ts";
import { nearestName } from "./nearest-name.ts";

/** A field as a condition uses it: what it is and what it was asked for. */
export interface ResolvedField {
  readonly field: Field;
  readonly argument?: string;
}

/** A field that is known for old rules only, and what Falco says to those who use it. */
export interface DeprecatedField {
  readonly field: Field;
  readonly message: string;
}

const GONE = "field is not available due to the drop of enter events.";

// Since the starts of calls are gone, nothing knows how long calls took: Falco reads 0.
const DEPRECATED: ReadonlyMap<string, DeprecatedField> = new Map([
  [
    "evt.dir",
    deprecated(
      "evt.dir",
      "text",
      "Always <, the end of a call.",
      "due to the drop of enter events, 'evt.dir = <' always evaluates to true, and 'evt.dir = >' always evaluates to false. The rule expression can be simplified by removing the condition on 'evt.dir'",
    ),
  ],
  ...["evt.latency", "evt.latency.s", "evt.latency.ns", "evt.wait_latency"].map(
    (name) => [name, deprecated(name, "reltime", "Always 0.", GONE)] as const,
  ),
  ["evt.latency.human", deprecated("evt.latency.human", "text", "Always 0ns.", GONE)],
]);

/** What is known of a field that old rules use; undefined for all others. */
export function deprecatedField(name: string): DeprecatedField | undefined {
  return DEPRECATED.get(name);
}

function deprecated(
  name: string,
  type: Field["type"],
  doc: string,
  message: string,
): DeprecatedField {
  return { field: { name, class: "evt", type, list: false, doc }, message };
}

/** Finds what a field in a condition on events of a source means, or what is wrong with it. */
export function resolveField(node: FieldNode, source: string = "syscall"): ResolvedField | Finding {
  const old = source === "syscall" ? deprecatedField(node.name) : undefined;
  if (old !== undefined) return { field: old.field };
  const dotted = /^(evt\.(?:raw)?arg)\.([^.]+)$/.exec(node.name);
  if (dotted !== null && node.argument === undefined && source === "syscall")
    return resolveParameter(node, dotted);
  const field = fieldByName(node.name, source);
  if (field === undefined) return unknownField(node, suggestion(node.name, source));
  const { argument } = node;
  if (field.argument === undefined)
    return argument === undefined
      ? { field }
      : unknownField(node, `Write ${field.name} without brackets`);
  if (argument === undefined)
    return field.argument.required
      ? unknownField(node, `Write ${field.name}[…] with what is asked for in the brackets`)
      : { field };
  return argumentProblem(node, field, argument) ?? { field, argument };
}

/** Whether a text is a field of a source, with its argument, as exceptions write them. */
export function isFieldText(text: string, source: string): boolean {
  const found = /^([a-zA-Z][\w.]*)(?:\[["']?([^\]"']*)["']?\])?$/.exec(text.trim());
  if (found === null) return false;
  const [, name = "", argument] = found;
  const span = { offset: 0, length: 0 };
  const node: FieldNode = { kind: "field", span, name };
  return "field" in resolveField(argument === undefined ? node : { ...node, argument }, source);
}

function resolveParameter(
  node: FieldNode,
  [, name = "", argument = ""]: RegExpExecArray,
): ResolvedField | Finding {
  const field = fieldByName(name);
  if (field === undefined || !isEventParameter(argument))
    return unknownField(node, "Use a parameter that some event has, such as evt.arg.flags");
  return { field, argument };
}

function argumentProblem(node: FieldNode, field: Field, argument: string): Finding | undefined {
  if (field.name === "evt.abspath" && !["src", "dst", "path"].includes(argument))
    return unknownField(node, "Write evt.abspath[src], evt.abspath[dst] or evt.abspath[path]");
  if (field.name === "evt.type.is" && !/^\d+$/.test(argument)) {
    return errorFinding(
      "value",
      node.span,
      `filter syntax error: ${node.name}[${argument}]`,
      "Write the number of an event in the brackets",
    );
  }
  if (
    (field.name === "evt.arg" || field.name === "evt.rawarg") &&
    !/^\d+$/.test(argument) &&
    !isEventParameter(argument)
  )
    return unknownField(node, "Use a parameter that some event has, such as evt.arg[flags]");
  if (field.argument?.takes !== "index" || /^\d+$/.test(argument)) return undefined;
  return errorFinding(
    "value",
    node.span,
    `${argument} is not a valid number`,
    `Write a number in the brackets of ${field.name}`,
  );
}

function unknownField(node: FieldNode, hint: string): Finding {
  const brackets = node.argument === undefined ? "" : `[${node.argument}]`;
  const message = `filter_check called with nonexistent field ${node.name}${brackets}`;
  return errorFinding("unknown", node.span, message, hint);
}

function suggestion(name: string, source: string): string {
  const near = nearestName(
    name.slice(0, 100),
    (fieldsOfSource(source) ?? []).map((field) => field.name),
  );
  return near === undefined
    ? '"ocelli rules fields" lists the fields'
    : `Did you mean ${near}? "ocelli rules fields" lists the fields`;
}
