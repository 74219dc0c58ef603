import type { CaptureEvent } from "../event/capture-event.ts";
import { EVENTS, eventId } from "../events/event-table.ts";
import { CONTAINER_HANDLERS } from "./handlers/containers.ts";
import { DESCRIPTOR_HANDLERS } from "./handlers/descriptors.ts";
import { FILE_HANDLERS } from "./handlers/files.ts";
import { PROCESS_HANDLERS } from "./handlers/processes.ts";
import { SOCKET_HANDLERS } from "./handlers/sockets.ts";
import { THREAD_HANDLERS } from "./handlers/threads.ts";
import type { HostState } from "./host-state.ts";

/** What an event changes in the state of its host. */
export type Handler = (state: HostState, event: CaptureEvent) => void;

const TABLES: readonly Readonly<Record<string, Handler>>[] = [
  PROCESS_HANDLERS,
  THREAD_HANDLERS,
  FILE_HANDLERS,
  DESCRIPTOR_HANDLERS,
  SOCKET_HANDLERS,
  CONTAINER_HANDLERS,
];

/** The handler of each kind of event; undefined for those that change nothing. */
export const HANDLERS: readonly (Handler | undefined)[] = build();

function build(): readonly (Handler | undefined)[] {
  const handlers: (Handler | undefined)[] = EVENTS.map(() => undefined);
  for (const table of TABLES)
    for (const [symbols, handler] of Object.entries(table))
      for (const symbol of symbols.split(" ")) handlers[eventId(symbol)] = handler;
  return handlers;
}
