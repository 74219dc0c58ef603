import { parsePrefix, prefixContains } from "../go/address.ts";

/** A Cilium label, `source:key=value`. */
export interface Label {
  readonly source: string;
  readonly key: string;
  readonly value: string;
}

/** Reads a label as flows carry it: `k8s:app=web`, `reserved:world`, `zone=a` (source `unspec`). */
export function parseLabel(text: string): Label {
  const { source, rest } = splitSource(text, ":");
  return splitValue(source === "" ? "unspec" : source, rest);
}

/** Reads the key of a selector, `source.key`; without a source any source is meant. */
export function parseSelectorKey(text: string): Label {
  const { source, rest } = splitSource(text, ".");
  return splitValue(source === "" ? "any" : source, rest);
}

/** Whether `label` is what the key of a selector asks for. CIDR labels are asked by containment. */
export function labelHasKey(label: Label, wanted: Label): boolean {
  if (wanted.source !== "any" && label.source !== wanted.source) return false;
  if (wanted.source !== "cidr") return label.key === wanted.key;
  const outer = parsePrefix(wanted.key.replaceAll("-", ":"));
  const inner = parsePrefix(label.key.replaceAll("-", ":"));
  if (!outer.ok || !inner.ok) return false;
  const address = { bytes: inner.value.bytes, zone: "" };
  return outer.value.bits <= inner.value.bits && prefixContains(outer.value, address);
}

function splitSource(text: string, delimiter: string): { source: string; rest: string } {
  if (text.startsWith("$")) return { source: "reserved", rest: text.slice(1) };
  const at = text.indexOf(delimiter);
  if (at >= 0) return { source: text.slice(0, at), rest: text.slice(at + 1) };
  if (delimiter !== "." && text.startsWith("reserved.")) {
    return { source: "reserved", rest: text.slice("reserved.".length) };
  }
  return { source: "", rest: text };
}

function splitValue(source: string, rest: string): Label {
  const equals = rest.indexOf("=");
  if (equals < 0) return { source, key: rest, value: "" };
  if (equals === 0 && source === "reserved") return { source, key: rest.slice(1), value: "" };
  return { source, key: rest.slice(0, equals), value: rest.slice(equals + 1) };
}
