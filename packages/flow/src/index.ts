export { compileCelFilter } from "./cel/filter.ts";
export { DEFAULT_SECURITY_CONFIG } from "./detect/config.ts";
export type { SecurityConfig } from "./detect/config.ts";
export { createThreatDetector } from "./detect/detector.ts";
export type { ThreatDetector } from "./detect/detector.ts";
export type { PacketSight, SecurityEvent } from "./detect/sight.ts";
export { buildFilters } from "./filter/build.ts";
export { FilterError } from "./filter/predicate.ts";
export type { Predicate } from "./filter/predicate.ts";
export { compileNameSelector } from "./fqdn/pattern.ts";
export type { NamePattern, NameSelector } from "./fqdn/pattern.ts";
export { quoteGo } from "./go/quote.ts";
export { readExportLine } from "./json/read.ts";
export type { ReadLine } from "./json/read.ts";
export { unpackExtension } from "./json/registry.ts";
export { writeJson } from "./json/write.ts";
export { readDnsMessage } from "./l7/dns.ts";
export type { DnsMessage, DnsQuestion, DnsRecord } from "./l7/dns.ts";
export { createHttpReader } from "./l7/http1.ts";
export type { HttpEvent, HttpField, HttpHead, HttpReader } from "./l7/http1.ts";
export { createHttp2Reader } from "./l7/http2.ts";
export type { Http2Event, Http2Reader } from "./l7/http2.ts";
export { dnsLayer, HARMLESS_HEADERS, httpLayer, REDACTED } from "./l7/layer.ts";
export type { HeaderPolicy, HttpMessage } from "./l7/layer.ts";
export type { L7Read } from "./l7/problem.ts";
export { createTlsReader } from "./l7/tls.ts";
export type { ClientHello, TlsReader, TlsState } from "./l7/tls.ts";
export { compileMask, findBadPath } from "./mask/mask.ts";
export type { CompiledMask, MaskCopy } from "./mask/mask.ts";
export { createFlowMetrics } from "./metrics/metrics.ts";
export type { FlowMetrics } from "./metrics/metrics.ts";
export { MetricConfigError } from "./metrics/options.ts";
export { addressText, hardwareAddressText } from "./packet/address-text.ts";
export { flowOfPacket } from "./packet/packet-flow.ts";
export { TCP_FLAG } from "./packet/packet.ts";
export type {
  EthernetHeader,
  IpHeader,
  Packet,
  PacketStop,
  TransportHeader,
  TunnelHeader,
} from "./packet/packet.ts";
export { readPacket } from "./packet/read-packet.ts";
export type { LinkType, PacketOptions } from "./packet/read-packet.ts";
export { createPrinter } from "./print/printer.ts";
export type { FlowPrinter, OutputFormat, Printed, PrinterOptions } from "./print/printer.ts";
export { FlowCountersSchema } from "./proto/extension.gen.ts";
export type { FlowCounters } from "./proto/extension.gen.ts";
export {
  DropReason,
  EventTypeFilterSchema,
  FlowFilter_ExperimentalSchema,
  FlowFilterSchema,
  FlowSchema,
  FlowType,
  HTTPHeaderSchema,
  IPVersion,
  L7FlowType,
  NetworkInterfaceSchema,
  TCPFlagsSchema,
  TrafficDirection,
  Verdict,
  WorkloadSchema,
} from "./proto/flow.gen.ts";
export type {
  AgentEvent,
  DebugEvent,
  EventTypeFilter,
  Flow,
  FlowFilter,
  LostEvent,
  TCPFlags,
  Workload,
} from "./proto/flow.gen.ts";
export {
  Health,
  HealthCheckResponse_ServingStatus,
  HealthCheckResponseSchema,
} from "./proto/health.gen.ts";
export type { HealthCheckResponse } from "./proto/health.gen.ts";
export {
  ExportEventSchema,
  GetAgentEventsRequestSchema,
  GetAgentEventsResponseSchema,
  GetDebugEventsRequestSchema,
  GetDebugEventsResponseSchema,
  GetFlowsRequestSchema,
  GetFlowsResponseSchema,
  GetNamespacesResponseSchema,
  GetNodesResponseSchema,
  NodeSchema,
  Observer,
  ServerStatusResponseSchema,
  TLSSchema,
} from "./proto/observer.gen.ts";
export type {
  ExportEvent,
  GetAgentEventsRequest,
  GetAgentEventsResponse,
  GetDebugEventsRequest,
  GetDebugEventsResponse,
  GetFlowsRequest,
  GetFlowsResponse,
  Node,
  ServerStatusResponse,
} from "./proto/observer.gen.ts";
export { ChangeNotificationSchema, ChangeNotificationType, Peer } from "./proto/peer.gen.ts";
export type { ChangeNotification } from "./proto/peer.gen.ts";
export { NodeState } from "./proto/relay.gen.ts";
export type { NodeStatusEvent } from "./proto/relay.gen.ts";
export type { RingEvent } from "./ring/events.ts";
export { checkRequest, getFlows, RequestError } from "./ring/get-flows.ts";
export type { AnswerContext } from "./ring/get-flows.ts";
export { createNamespaceList } from "./ring/namespaces.ts";
export type { NamespaceList, SeenNamespace } from "./ring/namespaces.ts";
export { createRing, MAX_RING_CAPACITY } from "./ring/ring.ts";
export type { EventRing } from "./ring/ring.ts";
export { timestamp } from "./ring/timestamp.ts";
export { flowRate, walkRing } from "./ring/walk.ts";
export type { StopSignal, Walk, WalkRequest } from "./ring/walk.ts";
export { dropText } from "./text/drop-texts.ts";
export { flowTypeText } from "./text/flow-type.ts";
export type { HubbleVersion } from "./text/flow-type.ts";
export { icmpText } from "./text/icmp.ts";
export { identityText, parseIdentity, RESERVED_IDENTITIES } from "./text/identity.ts";
export { MESSAGE_TYPE, POLICY_MATCHES, TRACE_POINTS } from "./text/message-types.ts";
export { summarize, tcpFlagsText } from "./text/summary.ts";
export {
  compareTimes,
  formatTimestamp,
  parseGoDuration,
  parseTimestamp,
  TIME_FORMATS,
  timeFormatNamed,
} from "./time/go-time.ts";
export type { TimeFormat, TimeParts } from "./time/go-time.ts";
