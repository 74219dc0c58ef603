import type { Flow, FlowFilter } from "../proto/flow.gen.ts";
import { parseLabel } from "./label.ts";
import { withPrefix, type Predicate } from "./predicate.ts";
import { compileSelector } from "./selector.ts";

/** source_label, destination_label, node_labels: label selectors. */
export function labelsFilter(filter: FlowFilter, into: Predicate[]): void {
  const { sourceLabel, destinationLabel, nodeLabels } = filter;
  if (sourceLabel.length > 0) {
    const build = (): Predicate => labelFilter(sourceLabel, ({ source }) => source?.labels);
    into.push(withPrefix("invalid source label filter", build));
  }
  if (destinationLabel.length > 0) {
    const build = (): Predicate =>
      labelFilter(destinationLabel, ({ destination }) => destination?.labels);
    into.push(withPrefix("invalid destination label filter", build));
  }
  if (nodeLabels.length > 0) {
    const build = (): Predicate => labelFilter(nodeLabels, (flow) => flow.nodeLabels);
    into.push(withPrefix("invalid node label filter", build));
  }
}

function labelFilter(
  texts: readonly string[],
  labelsOf: (flow: Flow) => readonly string[] | undefined,
): Predicate {
  const selectors = texts.map((text) => compileSelector(text));
  return (flow) => {
    const labels = (labelsOf(flow) ?? []).map((text) => parseLabel(text));
    return selectors.some((selects) => selects(labels));
  };
}
