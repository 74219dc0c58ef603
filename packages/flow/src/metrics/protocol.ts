import type { Flow } from "../proto/flow.gen.ts";
import { MESSAGE_TYPE } from "../text/message-types.ts";

/** The `protocol` label of a flow. */
export function protocolLabel(flow: Flow): string {
  switch (flow.eventType?.type) {
    case MESSAGE_TYPE.l7:
      return l7Label(flow) ?? "Unknown L7";
    case MESSAGE_TYPE.drop:
    case MESSAGE_TYPE.trace:
    case MESSAGE_TYPE["policy-verdict"]:
    case MESSAGE_TYPE.capture:
      return flow.l4?.protocol.case ?? "Unknown L4";
    default:
      return "Unknown flow";
  }
}

/** `DNS`, `HTTP`, `Kafka` or nothing. */
export function l7Label({ l7 }: Flow): string | undefined {
  switch (l7?.record.case) {
    case "dns":
      return "DNS";
    case "http":
      return "HTTP";
    case "kafka":
      return "Kafka";
    case undefined:
      return undefined;
  }
}
