import { create } from "@bufbuild/protobuf";
import { Code, ConnectError, type ConnectRouter, type HandlerContext } from "@connectrpc/connect";
import {
  ChangeNotificationSchema,
  ChangeNotificationType,
  checkRequest,
  FilterError,
  getFlows,
  GetAgentEventsResponseSchema,
  GetDebugEventsResponseSchema,
  GetNamespacesResponseSchema,
  GetNodesResponseSchema,
  Health,
  HealthCheckResponse_ServingStatus,
  HealthCheckResponseSchema,
  NodeSchema,
  NodeState,
  Observer as ObserverService,
  Peer,
  RequestError,
  ServerStatusResponseSchema,
  timestamp,
  TLSSchema,
  walkRing,
  type ChangeNotification,
  type GetAgentEventsRequest,
  type GetAgentEventsResponse,
  type GetDebugEventsRequest,
  type GetDebugEventsResponse,
  type GetFlowsRequest,
  type GetFlowsResponse,
  type HealthCheckResponse,
  type Node,
} from "@ocelli/flow";

import type { Observer, SeenNode } from "./observer.ts";

/** What the services tell about where they are. */
export interface ServedAddress {
  /** Where a relay reaches this node, `host:port`. */
  readonly address: string;
  /** The name in the node's certificate; empty without TLS. */
  readonly tlsServerName: string;
}

// Clients ask for the second name before anything else; the empty one means the server as a whole.
const HEALTHY = new Set(["", "hubble.server.Observer", "observer.Observer", "peer.Peer"]);

/** Registers `observer.Observer`, `peer.Peer` and `grpc.health.v1.Health`. */
export function hubbleRoutes(
  observer: Observer,
  served: () => ServedAddress,
): (router: ConnectRouter) => void {
  return (router) => {
    router.service(ObserverService, {
      getFlows: (request, context) => flows(observer, request, context),
      getAgentEvents: (request, context) => agentEvents(observer, request, context),
      getDebugEvents: (request, context) => debugEvents(observer, request, context),
      getNodes: () => {
        const nodes = observer.nodes().map((node) => describeNode(node, observer, served()));
        return create(GetNodesResponseSchema, { nodes });
      },
      getNamespaces: () =>
        create(GetNamespacesResponseSchema, { namespaces: observer.namespaces() }),
      // num_connected_nodes stays out: it would make us a relay.
      serverStatus: () =>
        create(ServerStatusResponseSchema, {
          numFlows: BigInt(observer.ring.size()),
          maxFlows: BigInt(observer.ring.capacity),
          seenFlows: BigInt(observer.seenFlows()),
          uptimeNs: toNs(observer.uptimeMs()),
          version: observer.version,
          flowsRate: observer.rate(),
        }),
    });
    router.service(Peer, {
      notify: (_request, { signal }) => notify(observer, served(), signal),
    });
    router.service(Health, {
      check: ({ service }) => {
        if (HEALTHY.has(service)) return serving();
        throw new ConnectError("unknown service", Code.NotFound);
      },
      watch: ({ service }, { signal }) => watch(service, signal),
    });
  };
}

function describeNode(
  { name, flows: count }: SeenNode,
  observer: Observer,
  { address, tlsServerName }: ServedAddress,
): Node {
  const node = create(NodeSchema, {
    name,
    state: NodeState.NODE_CONNECTED,
    numFlows: BigInt(count),
    seenFlows: BigInt(count),
  });
  // Of other nodes, out of an export, no more is known than their flows.
  if (name !== observer.nodeName) return node;
  node.version = observer.version;
  node.address = address;
  node.uptimeNs = toNs(observer.uptimeMs());
  node.maxFlows = BigInt(observer.ring.capacity);
  node.tls = create(TLSSchema, { enabled: tlsServerName !== "", serverName: tlsServerName });
  return node;
}

function toNs(ms: number): bigint {
  return BigInt(Math.round(ms * 1_000_000));
}

function serving(): HealthCheckResponse {
  return create(HealthCheckResponseSchema, { status: HealthCheckResponse_ServingStatus.SERVING });
}

/** What a client reads of a refusal: Hubble's server sends its filters' errors without a code of their own. */
function refusal(error: unknown): unknown {
  if (error instanceof FilterError) return new ConnectError(error.message, Code.Unknown);
  if (error instanceof RequestError) {
    const code = error.code === "invalid_argument" ? Code.InvalidArgument : Code.Unknown;
    return new ConnectError(error.message, code);
  }
  return error;
}

// No generator of its own: each one that an answer passes through costs a turn of the event loop's queue.
function flows(
  observer: Observer,
  request: GetFlowsRequest,
  { signal }: HandlerContext,
): AsyncIterable<GetFlowsResponse> {
  const { ring, nodeName, now } = observer;
  try {
    return getFlows(request, { ring, nodeName, stop: signal, now });
  } catch (error) {
    throw refusal(error);
  }
}

async function* agentEvents(
  { ring, nodeName, now }: Observer,
  request: GetAgentEventsRequest,
  { signal }: HandlerContext,
): AsyncGenerator<GetAgentEventsResponse> {
  check(request);
  const walk = { ring, request, kind: "agent", matches: () => false, stop: signal, now } as const;
  for await (const event of walkRing(walk)) {
    if (event.kind !== "agent") continue;
    yield create(GetAgentEventsResponseSchema, {
      agentEvent: event.event,
      nodeName,
      time: timestamp(event.time),
    });
  }
}

async function* debugEvents(
  { ring, nodeName, now }: Observer,
  request: GetDebugEventsRequest,
  { signal }: HandlerContext,
): AsyncGenerator<GetDebugEventsResponse> {
  check(request);
  const walk = { ring, request, kind: "debug", matches: () => false, stop: signal, now } as const;
  for await (const event of walkRing(walk)) {
    if (event.kind !== "debug") continue;
    yield create(GetDebugEventsResponseSchema, {
      debugEvent: event.event,
      nodeName,
      time: timestamp(event.time),
    });
  }
}

function check(request: { readonly first: boolean; readonly follow: boolean }): void {
  try {
    checkRequest(request);
  } catch (error) {
    throw refusal(error);
  }
}

/** One node, this one, for as long as the client listens. */
async function* notify(
  { nodeName }: Observer,
  { address, tlsServerName }: ServedAddress,
  signal: AbortSignal,
): AsyncGenerator<ChangeNotification> {
  yield create(ChangeNotificationSchema, {
    name: nodeName,
    address,
    type: ChangeNotificationType.PEER_ADDED,
    ...(tlsServerName !== "" && { tls: { serverName: tlsServerName } }),
  });
  await aborted(signal);
}

async function* watch(service: string, signal: AbortSignal): AsyncGenerator<HealthCheckResponse> {
  yield HEALTHY.has(service)
    ? serving()
    : create(HealthCheckResponseSchema, {
        status: HealthCheckResponse_ServingStatus.SERVICE_UNKNOWN,
      });
  await aborted(signal);
}

function aborted(signal: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  if (signal.aborted) resolve();
  else signal.addEventListener("abort", () => resolve(), { once: true });
  return promise;
}
