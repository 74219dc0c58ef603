export { listenRpc, splitAddress, unixPath } from "./listen.ts";
export type { ListenOptions, RpcServer, ServerTls } from "./listen.ts";
export { listenMetrics } from "./metrics-server.ts";
export type { MetricsServer } from "./metrics-server.ts";
export { createObserver, ringEventOf } from "./observer.ts";
export type { Observer, ObserverOptions, SeenNode } from "./observer.ts";
export { hubbleRoutes } from "./services.ts";
export type { ServedAddress } from "./services.ts";
