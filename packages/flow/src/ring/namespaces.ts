import type { Flow } from "../proto/flow.gen.ts";

/** A namespace of a cluster. */
export interface SeenNamespace {
  readonly cluster: string;
  readonly namespace: string;
}

/** The namespaces that flows name, kept for an hour. */
export interface NamespaceList {
  readonly see: (flow: Flow, nowMs: number) => void;
  /** Sorted by cluster, then namespace. */
  readonly list: (nowMs: number) => SeenNamespace[];
}

const HOUR_MS = 3_600_000;

/** An empty list. `cluster` is the cluster of endpoints that name none. */
export function createNamespaceList(cluster: string): NamespaceList {
  const seen = new Map<string, { readonly entry: SeenNamespace; at: number }>();
  const note = (endpoint: Flow["source"], nowMs: number): void => {
    if (endpoint === undefined || endpoint.namespace === "") return;
    const owner = endpoint.clusterName === "" ? cluster : endpoint.clusterName;
    const key = `${owner}/${endpoint.namespace}`;
    const present = seen.get(key);
    if (present === undefined) {
      seen.set(key, { entry: { cluster: owner, namespace: endpoint.namespace }, at: nowMs });
    } else present.at = nowMs;
  };
  return {
    see: ({ source, destination }, nowMs) => {
      note(source, nowMs);
      note(destination, nowMs);
    },
    list: (nowMs) => {
      for (const [key, { at }] of seen) if (nowMs - at > HOUR_MS) seen.delete(key);
      return [...seen]
        .toSorted(([left], [right]) => (left < right ? -1 : 1))
        .map(([, { entry }]) => entry);
    },
  };
}
