export { describeEvent, type EventArgument, type EventSummary } from "./event/describe.ts";
export { createSensorProvider, eventName, eventType } from "./event/provider.ts";
export { SensorEvent } from "./event/sensor-event.ts";
export { hostClock, type Clock } from "./host/clock.ts";
export { hostUsers, type User, type Users } from "./host/users.ts";
export { containerOf, type Container } from "./process/container.ts";
export { hostProcesses } from "./process/host-processes.ts";
export { commandLine, parentOf, unknownProcess, type Process } from "./process/process.ts";
export {
  ProcessTable,
  type ProcessSource,
  type ProcessTableOptions,
  type ProcessTableStatistics,
} from "./process/process-table.ts";
export type { CgroupPlace, Cgroups } from "./process/cgroups.ts";
export {
  createRecorder,
  openRecording,
  type Playing,
  type Recorder,
  type Recording,
} from "./recording.ts";
export { Sensor, type EventCount, type SensorOptions } from "./sensor.ts";
