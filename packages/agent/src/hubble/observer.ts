import {
  createNamespaceList,
  createRing,
  flowRate,
  type EventRing,
  type ExportEvent,
  type RingEvent,
  type SeenNamespace,
} from "@ocelli/flow";

/** What an observer is. */
export interface ObserverOptions {
  /** Events the ring holds: rounded up to a power of two minus one. */
  readonly capacity: number;
  /** Name of this node, `cluster/node`. */
  readonly nodeName: string;
  /** What ServerStatus says we are. */
  readonly version: string;
  /** Milliseconds since 1970; the clock of the machine unless a test brings its own. */
  readonly now?: () => number;
}

/** A node that flows were seen of. */
export interface SeenNode {
  readonly name: string;
  flows: number;
}

/** The recent events of a node and what is counted about them: what the Observer service answers from. */
export interface Observer {
  readonly ring: EventRing;
  readonly nodeName: string;
  readonly version: string;
  readonly now: () => number;
  readonly write: (event: RingEvent) => void;
  /** Flows seen since the start. */
  readonly seenFlows: () => number;
  readonly uptimeMs: () => number;
  /** Flows per second over the last minute. */
  readonly rate: () => number;
  readonly namespaces: () => SeenNamespace[];
  /** This node and all others that flows came from, sorted by name. */
  readonly nodes: () => SeenNode[];
}

/** An observer with an empty ring. */
export function createObserver(options: ObserverOptions): Observer {
  const { nodeName, version, now = Date.now } = options;
  const ring = createRing(options.capacity);
  const [cluster = ""] = nodeName.includes("/") ? nodeName.split("/") : ["default"];
  const namespaces = createNamespaceList(cluster);
  const nodes = new Map<string, SeenNode>([[nodeName, { name: nodeName, flows: 0 }]]);
  const startedAt = now();
  let seen = 0;
  return {
    ring,
    nodeName,
    version,
    now,
    write: (event) => {
      if (event.kind === "flow") {
        seen += 1;
        namespaces.see(event.flow, now());
        const name = event.flow.nodeName === "" ? nodeName : event.flow.nodeName;
        const node = nodes.get(name);
        if (node === undefined) nodes.set(name, { name, flows: 1 });
        else node.flows += 1;
      }
      ring.write(event);
    },
    seenFlows: () => seen,
    uptimeMs: () => now() - startedAt,
    rate: () => flowRate(ring, now()),
    namespaces: () => namespaces.list(now()),
    nodes: () => [...nodes.values()].toSorted((left, right) => (left.name < right.name ? -1 : 1)),
  };
}

/** The ring's form of an exported line; undefined for lines that say something about nodes. */
export function ringEventOf(line: ExportEvent): RingEvent | undefined {
  const { responseTypes } = line;
  const fallback = line.time ?? { seconds: 0n, nanos: 0 };
  switch (responseTypes.case) {
    case "flow": {
      const flow = responseTypes.value;
      if (flow.time === undefined && line.time !== undefined) flow.time = line.time;
      if (flow.nodeName === "") flow.nodeName = line.nodeName;
      return { kind: "flow", time: flow.time ?? fallback, flow };
    }
    case "lostEvents":
      return { kind: "lost", time: fallback, lost: responseTypes.value };
    case "agentEvent":
      return { kind: "agent", time: fallback, event: responseTypes.value };
    case "debugEvent":
      return { kind: "debug", time: fallback, event: responseTypes.value };
    case "nodeStatus":
    case undefined:
      return undefined;
  }
}
