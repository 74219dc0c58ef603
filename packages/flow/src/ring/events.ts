import type { AgentEvent, DebugEvent, Flow, LostEvent } from "../proto/flow.gen.ts";
import type { TimeParts } from "../time/go-time.ts";

/** What the ring holds. The time of a flow is its own. */
export type RingEvent =
  | { readonly kind: "flow"; readonly time: TimeParts; readonly flow: Flow }
  | { readonly kind: "lost"; readonly time: TimeParts; readonly lost: LostEvent }
  | { readonly kind: "agent"; readonly time: TimeParts; readonly event: AgentEvent }
  | { readonly kind: "debug"; readonly time: TimeParts; readonly event: DebugEvent };
