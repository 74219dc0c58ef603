import type { FieldProvider, RuleEvent } from "@ocelli/event";

import type { RuleDefinition } from "../load/definitions.ts";
import { compileOutput, type CompiledOutput } from "../output/compile-output.ts";
import type { JsonValue } from "../output/format-value.ts";
import { parseOutput, type OutputPart } from "../output/parse-output.ts";

/** Text and fields that are added to the outputs of some rules: Falco's setting of the same name. */
export interface AppendOutput {
  /** Which rules; every part that is given must fit. Without parts all. */
  readonly match?: {
    readonly source?: string;
    readonly rule?: string;
    /** All of these must be among the rule's tags. */
    readonly tags?: readonly string[];
  };
  /** Added to the output after a blank. */
  readonly extraOutput?: string;
  /** Added to the fields: a field by its name, or a name with an output whose text is its value. */
  readonly extraFields?: readonly (string | { readonly name: string; readonly format: string })[];
  /** Whether {@link SUGGESTED_OUTPUT} is added. */
  readonly suggestedOutput?: boolean;
}

/** What the container plugin suggests for outputs of system calls. */
export const SUGGESTED_OUTPUT =
  "container_id=%container.id container_name=%container.name container_image_repository=%container.image.repository container_image_tag=%container.image.tag k8s_pod_name=%k8s.pod.name k8s_ns_name=%k8s.ns.name";

/** What is wrong with a setting. */
export interface AppendProblem {
  readonly text: string;
  readonly message: string;
  readonly hint: string;
}

/** What is wrong with texts and fields to be added; nothing when all can be read. */
export function checkAppendOutput(settings: readonly AppendOutput[]): AppendProblem[] {
  return settings.flatMap(({ extraOutput = "", extraFields = [] }) =>
    [
      extraOutput,
      ...extraFields.map((field) => (typeof field === "string" ? `%${field}` : field.format)),
    ].flatMap((text) => {
      const parsed = parseOutput(text);
      return parsed.ok ? [] : [{ text, message: parsed.message, hint: parsed.hint }];
    }),
  );
}

/** Whether a setting is about a rule. */
export function appliesTo({ match = {} }: AppendOutput, rule: RuleDefinition): boolean {
  if (match.source !== undefined && match.source !== rule.source) return false;
  if (match.rule !== undefined && match.rule !== rule.name) return false;
  return (match.tags ?? []).every((tag) => rule.tags.has(tag));
}

/** The output of a rule with what is added to it. */
export function appendedParts(
  parts: readonly OutputPart[],
  rule: RuleDefinition,
  settings: readonly AppendOutput[],
): readonly OutputPart[] {
  const all = [...parts];
  for (const setting of settings) {
    if (!appliesTo(setting, rule)) continue;
    const { extraOutput, suggestedOutput } = setting;
    const texts = [
      ...(extraOutput === undefined ? [] : [extraOutput]),
      ...(suggestedOutput === true && rule.source === "syscall" ? [SUGGESTED_OUTPUT] : []),
    ];
    for (const text of texts) {
      const parsed = parseOutput(text);
      if (parsed.ok) all.push({ kind: "text", text: " " }, ...parsed.parts);
    }
  }
  return all;
}

/** A field that is added to alerts: its name and how its value is found. */
export interface ExtraField<E extends RuleEvent> {
  readonly name: string;
  readonly read: (event: E) => JsonValue;
}

/** The fields that are added to the alerts of a rule. */
export function extraFieldsOf<E extends RuleEvent>(
  rule: RuleDefinition,
  settings: readonly AppendOutput[],
  provider: FieldProvider<E>,
): readonly ExtraField<E>[] {
  return settings
    .filter((setting) => appliesTo(setting, rule))
    .flatMap(({ extraFields = [] }) =>
      extraFields.flatMap((field): ExtraField<E>[] => {
        const raw = typeof field === "string";
        const parsed = parseOutput(raw ? `%${field}` : field.format);
        if (!parsed.ok) return [];
        const output = compileOutput(parsed.parts, provider);
        const name = raw ? field : field.name;
        return [{ name, read: raw ? readFirst(output) : output.text }];
      }),
    );
}

function readFirst<E extends RuleEvent>(output: CompiledOutput<E>): (event: E) => JsonValue {
  return (event) => output.fields(event)[0]?.[1] ?? null;
}
