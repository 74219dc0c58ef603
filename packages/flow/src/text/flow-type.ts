import {
  DebugCapturePointSchema,
  L7FlowTypeSchema,
  SocketTranslationPointSchema,
  TrafficDirectionSchema,
  type Flow,
} from "../proto/flow.gen.ts";
import { dropText } from "./drop-texts.ts";
import { enumName } from "./enum-name.ts";
import { MESSAGE_TYPE, policyMatchName, tracePointName } from "./message-types.ts";

/** Which `hubble` is printed like: 1.19 names socket flows by `sock_xlate_point`, 1.21 by the event's sub-type. */
export type HubbleVersion = "1.19" | "1.21";

const SOCKET_POINTS: readonly (string | undefined)[] = [
  undefined,
  "pre-xlate-fwd",
  "post-xlate-fwd",
  "pre-xlate-rev",
  "post-xlate-rev",
];

/** The TYPE column: `http-request`, `to-endpoint`, `Policy denied`, `policy-verdict:L3-L4 EGRESS`. */
export function flowTypeText(flow: Flow, version: HubbleVersion = "1.21"): string {
  const { l7 } = flow;
  if (l7 !== undefined) {
    const half = enumName(L7FlowTypeSchema, l7.type).toLowerCase();
    const { record } = l7;
    if (record.case === "dns") return `dns-${half} ${record.value.observationSource}`;
    return `${record.case ?? "l7"}-${half}`;
  }
  const { type = 0, subType = 0 } = flow.eventType ?? {};
  switch (type) {
    case MESSAGE_TYPE.trace:
      return tracePointName(subType);
    case MESSAGE_TYPE.drop:
      return dropText(subType);
    case MESSAGE_TYPE["policy-verdict"]: {
      const direction = enumName(TrafficDirectionSchema, flow.trafficDirection);
      return `policy-verdict:${policyMatchName(flow.policyMatchType)} ${direction}`;
    }
    case MESSAGE_TYPE.capture:
      return enumName(DebugCapturePointSchema, flow.debugCapturePoint);
    case MESSAGE_TYPE["trace-sock"]: {
      const point = version === "1.19" ? flow.sockXlatePoint : subType;
      return SOCKET_POINTS[point] ?? enumName(SocketTranslationPointSchema, point);
    }
    default:
      return "UNKNOWN";
  }
}
