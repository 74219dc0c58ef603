import type { Flow, FlowFilter } from "../proto/flow.gen.ts";
import { FilterError, withPrefix, type Predicate } from "./predicate.ts";

interface NamedObject {
  readonly namespace: string;
  readonly name: string;
}

/** source_pod, destination_pod */
export function podFilter({ sourcePod, destinationPod }: FlowFilter, into: Predicate[]): void {
  if (sourcePod.length > 0) {
    into.push(nameFilter(sourcePod, ({ source }) => podOf(source)));
  }
  if (destinationPod.length > 0) {
    into.push(nameFilter(destinationPod, ({ destination }) => podOf(destination)));
  }
}

/** source_service, destination_service */
export function serviceFilter(filter: FlowFilter, into: Predicate[]): void {
  const { sourceService, destinationService } = filter;
  if (sourceService.length > 0) {
    const build = (): Predicate => nameFilter(sourceService, (flow) => flow.sourceService);
    into.push(withPrefix("invalid source service filter", build));
  }
  if (destinationService.length > 0) {
    const build = (): Predicate =>
      nameFilter(destinationService, (flow) => flow.destinationService);
    into.push(withPrefix("invalid destination service filter", build));
  }
}

function podOf(endpoint: Flow["source"]): NamedObject | undefined {
  if (endpoint === undefined) return undefined;
  return { namespace: endpoint.namespace, name: endpoint.podName };
}

/**
 * `namespace/prefix`; without a slash the namespace is `default`, an empty half matches everything. A flow that has
 * neither namespace nor name never matches.
 */
function nameFilter(
  texts: readonly string[],
  objectOf: (flow: Flow) => NamedObject | undefined,
): Predicate {
  const wanted = texts.map((text) => {
    if (text === "") throw new FilterError("invalid filter, name must not be empty");
    const slash = text.indexOf("/");
    return slash < 0
      ? { namespace: "default", prefix: text }
      : { namespace: text.slice(0, slash), prefix: text.slice(slash + 1) };
  });
  return (flow) => {
    const object = objectOf(flow);
    if (object === undefined || (object.namespace === "" && object.name === "")) return false;
    return wanted.some(
      ({ namespace, prefix }) =>
        object.name.startsWith(prefix) && (namespace === "" || namespace === object.namespace),
    );
  };
}
