import {
  AgentEventTypeSchema,
  DebugEventTypeSchema,
  type AgentEvent,
  type Endpoint,
  type ServiceUpsertNotificationAddr,
} from "../proto/flow.gen.ts";
import {
  GetAgentEventsResponseSchema,
  GetDebugEventsResponseSchema,
  type GetAgentEventsResponse,
  type GetDebugEventsResponse,
} from "../proto/observer.gen.ts";
import { writeJson } from "../json/write.ts";
import { formatTimestamp, type TimeFormat } from "../time/go-time.ts";
import { enumName } from "../text/enum-name.ts";

/** The parts of an agent event's line. */
export function agentEventTexts(
  response: GetAgentEventsResponse,
  format: TimeFormat,
): { readonly type: string; readonly details: string; readonly json: () => string } {
  const event = response.agentEvent;
  return {
    type: enumName(AgentEventTypeSchema, event?.type ?? 0),
    details: event === undefined ? "UNKNOWN" : detailsOf(event, format),
    json: () => writeJson(GetAgentEventsResponseSchema, response),
  };
}

function detailsOf({ notification }: AgentEvent, format: TimeFormat): string {
  switch (notification.case) {
    case "unknown":
      return `type: ${notification.value.type}, notification: ${notification.value.notification}`;
    case "agentStart":
      return `start time: ${formatTimestamp(notification.value.time, format)}`;
    case "policyUpdate": {
      const { labels, revision, ruleCount } = notification.value;
      return `labels: [${labels.join(",")}], revision: ${revision}, count: ${ruleCount}`;
    }
    case "endpointRegenerate": {
      const { id, labels, error } = notification.value;
      return joinDetails([
        `id: ${id}`,
        `labels: [${labels.join(",")}]`,
        error !== "" && `error: ${error}`,
      ]);
    }
    case "endpointUpdate": {
      const { id, namespace, podName } = notification.value;
      return joinDetails([
        `id: ${id}`,
        namespace !== "" && `namespace: ${namespace}`,
        podName !== "" && `pod name: ${podName}`,
      ]);
    }
    case "ipcacheUpdate": {
      const { cidr, identity, oldIdentity, hostIp, oldHostIp, encryptKey } = notification.value;
      return joinDetails([
        `cidr: ${cidr}`,
        `identity: ${identity}`,
        oldIdentity !== undefined && `old identity: ${oldIdentity}`,
        hostIp !== "" && `host ip: ${hostIp}`,
        oldHostIp !== "" && `old host ip: ${oldHostIp}`,
        `encrypt key: ${encryptKey}`,
      ]);
    }
    case "serviceUpsert": {
      const { id, frontendAddress, backendAddresses, type, trafficPolicy, namespace, name } =
        notification.value;
      return joinDetails([
        `id: ${id}`,
        frontendAddress !== undefined && `frontend: ${addressText(frontendAddress)}`,
        backendAddresses.length > 0 &&
          `backends: [${backendAddresses.map((one) => addressText(one)).join(",")}]`,
        type !== "" && `type: ${type}`,
        trafficPolicy !== "" && `traffic policy: ${trafficPolicy}`,
        namespace !== "" && `namespace: ${namespace}`,
        name !== "" && `name: ${name}`,
      ]);
    }
    case "serviceDelete":
      return `id: ${notification.value.id}`;
    case undefined:
      return "UNKNOWN";
  }
}

function joinDetails(details: readonly (string | false)[]): string {
  return details.filter((detail) => detail !== false).join(", ");
}

function addressText({ ip, port }: ServiceUpsertNotificationAddr): string {
  return ip.includes(":") ? `[${ip}]:${port}` : `${ip}:${port}`;
}

/** The parts of a debug event's line. */
export function debugEventTexts(response: GetDebugEventsResponse): {
  readonly from: string;
  readonly type: string;
  readonly cpu: string;
  readonly mark: string;
  readonly message: string;
  readonly json: () => string;
} {
  const event = response.debugEvent;
  return {
    from: endpointText(event?.source),
    type: enumName(DebugEventTypeSchema, event?.type ?? 0),
    cpu: event?.cpu === undefined ? "N/A" : String(event.cpu).padStart(2, "0"),
    mark: event?.hash === undefined ? "N/A" : `0x${event.hash.toString(16)}`,
    message: event?.message ?? "",
    json: () => writeJson(GetDebugEventsResponseSchema, response),
  };
}

function endpointText(endpoint: Endpoint | undefined): string {
  if (endpoint === undefined) return "N/A";
  const id = `ID: ${endpoint.ID}`;
  const { namespace, podName, labels } = endpoint;
  if (namespace !== "" && podName !== "") return `${namespace}/${podName} (${id})`;
  const [label = ""] = labels;
  return labels.length === 1 && label.startsWith("reserved:") ? `${label} (${id})` : id;
}
