import type { FieldProvider } from "@ocelli/event";
import type { EventCount, ProcessTable, SensorEvent, Users } from "@ocelli/sensor";

/** Where events come from: a live sensor, or a recording. */
export interface AgentSource extends Disposable {
  readonly provider: FieldProvider<SensorEvent>;
  readonly processes: ProcessTable;
  readonly users: Users;
  readonly counts: () => readonly EventCount[];
}

/** Opens a source that hands its events to `onEvent`. */
export type OpenSource = (onEvent: (event: SensorEvent) => void) => AgentSource;
