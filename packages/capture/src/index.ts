export {
  scapBlockType,
  SECTION_HEADER,
  type ScapBlockKind,
  type ScapBlockType,
} from "./scap/block-kind.ts";
export { CaptureEvent } from "./event/capture-event.ts";
export { Parameters } from "./event/parameters.ts";
export {
  EVENTS,
  eventId,
  EVENT_FLAG,
  CATEGORY,
  PARAMETER,
  type EventInfo,
  type ParameterInfo,
} from "./events/event-table.ts";
export {
  FD_KIND,
  TRANSPORT,
  type FdEntry,
  type InterfaceEntry,
  type MachineInfo,
  type ProcessEntry,
  type SocketEnd,
  type UserEntry,
} from "./scap/entries.ts";
export { ScapReader, type ScapCounts } from "./scap/scap-reader.ts";
export { ScapWriter, type ScapEvent } from "./scap/scap-writer.ts";
export { HostState } from "./state/host-state.ts";
export { createCaptureProvider, isCaptureField } from "./fields/capture-provider.ts";
export { readPackets } from "./pcap/read.ts";
export {
  LINK_TYPE,
  type CapturedPacket,
  type PacketCapture,
  type PacketInterface,
} from "./pcap/types.ts";
export { writePackets, type WritePacketsOptions } from "./pcap/write.ts";
