// What the filter flags of the command line ask for. `--pod`, `--ip` and their like ask about either end of a flow: they
// become two filters, `left` about the source and `right` about the destination, of which one must match.
import { create, equals } from "@bufbuild/protobuf";
import { FlowFilterSchema, type FlowFilter } from "@ocelli/flow";

import { UsageError } from "../exit.ts";
import { checkConflicts } from "./filter-conflicts.ts";
import type { GivenFlag } from "./flags.ts";
import { setFilter } from "./set-filter.ts";

/** The lists of a GetFlows request. */
export interface FilterLists {
  readonly allow: readonly FlowFilter[];
  readonly deny: readonly FlowFilter[];
}

/** The filters of one list while flags are read. */
export interface FilterPair {
  left: FlowFilter | undefined;
  right: FlowFilter | undefined;
  readonly namespaces: string[];
  readonly sourceNamespaces: string[];
  readonly destinationNamespaces: string[];
  /** Names of the flags given so far. */
  readonly given: Set<string>;
}

/** Turns flags into filters, as `hubble` does. Throws UsageError for values and combinations that make no sense. */
export function readFilterFlags(flags: readonly GivenFlag[]): FilterLists {
  const allow = emptyPair();
  const deny = emptyPair();
  let negated = false;
  for (const { name, value } of flags) {
    if (name === "not") {
      if (negated) throw new UsageError("consecutive --not statements");
      negated = true;
      continue;
    }
    const pair = negated ? deny : allow;
    negated = false;
    pair.given.add(name);
    checkConflicts(pair.given);
    setFilter(pair, name, value);
    checkNamespaces(pair);
  }
  if (negated) throw new UsageError("trailing --not found in the arguments");
  return { allow: finish(allow), deny: finish(deny) };
}

function emptyPair(): FilterPair {
  return {
    left: undefined,
    right: undefined,
    namespaces: [],
    sourceNamespaces: [],
    destinationNamespaces: [],
    given: new Set(),
  };
}

function finish(pair: FilterPair): FlowFilter[] {
  const { namespaces, sourceNamespaces, destinationNamespaces } = pair;
  if (pair.given.size === 0) return [];
  const left = pair.left ?? create(FlowFilterSchema);
  const right = pair.right ?? create(FlowFilterSchema);
  if (destinationNamespaces.length > 0) {
    for (const side of [left, right]) nameDestination(side, destinationNamespaces);
  }
  if (sourceNamespaces.length > 0) {
    for (const side of [left, right]) nameSource(side, sourceNamespaces);
  }
  if (namespaces.length > 0) {
    nameSource(left, namespaces);
    nameDestination(right, namespaces);
  }
  return equals(FlowFilterSchema, left, right) ? [left] : [left, right];
}

function nameSource(filter: FlowFilter, namespaces: readonly string[]): void {
  if (filter.sourcePod.length === 0 && filter.sourceService.length === 0) filter.sourcePod = [""];
  filter.sourcePod = withNamespaces(filter.sourcePod, namespaces);
  filter.sourceService = withNamespaces(filter.sourceService, namespaces);
}

function nameDestination(filter: FlowFilter, namespaces: readonly string[]): void {
  if (filter.destinationPod.length === 0 && filter.destinationService.length === 0) {
    filter.destinationPod = [""];
  }
  filter.destinationPod = withNamespaces(filter.destinationPod, namespaces);
  filter.destinationService = withNamespaces(filter.destinationService, namespaces);
}

function withNamespaces(names: readonly string[], namespaces: readonly string[]): string[] {
  return names.flatMap((name) =>
    name.includes("/") ? [name] : namespaces.map((namespace) => `${namespace}/${name}`),
  );
}

function checkNamespaces(pair: FilterPair): void {
  for (const side of [pair.left, pair.right]) {
    if (side === undefined) continue;
    const { sourcePod, sourceService, destinationPod, destinationService } = side;
    for (const names of [sourcePod, sourceService, destinationPod, destinationService]) {
      checkAgainst(names, pair.namespaces);
    }
    for (const names of [sourcePod, sourceService]) checkAgainst(names, pair.sourceNamespaces);
    for (const names of [destinationPod, destinationService]) {
      checkAgainst(names, pair.destinationNamespaces);
    }
    checkTogether(sourcePod, sourceService);
    checkTogether(destinationPod, destinationService);
  }
}

function checkAgainst(names: readonly string[], namespaces: readonly string[]): void {
  for (const namespace of namespaces) {
    for (const name of names) {
      const own = namespaceOf(name);
      if (own !== "" && own !== namespace) {
        throw new UsageError(`namespace conflict: "${namespace}" does not contain "${name}"`);
      }
    }
  }
}

function checkTogether(pods: readonly string[], services: readonly string[]): void {
  for (const pod of pods) {
    const namespace = namespaceOf(pod);
    if (namespace === "") continue;
    for (const service of services) {
      if (namespaceOf(service) !== namespace) {
        throw new UsageError(`namespace of service "${service}" conflict with pod "${namespace}"`);
      }
    }
  }
}

function namespaceOf(name: string): string {
  const slash = name.indexOf("/");
  return slash < 0 ? "" : name.slice(0, slash);
}
