import { readContainerJson } from "../../container/container-info.ts";
import { decodeTerminated } from "../../text/decode-text.ts";
import type { Handler } from "../handlers.ts";
import type { HostState } from "../host-state.ts";

/** What events say of containers, and of users and groups in them. */
export const CONTAINER_HANDLERS: Readonly<Record<string, Handler>> = {
  container_json_2_e: (state, event) => {
    if (event.has(0)) note(state, event.text(0), true);
  },
  asyncevent_e: (state, event) => {
    const name = event.text(1);
    if ((name === "container" || name === "container_removed") && event.has(2))
      note(
        state,
        decodeTerminated(event.bytes, event.offsetOf(2), event.offsetOf(2) + event.lengthOf(2)),
        name === "container",
      );
  },
  user_added_e: (state, event) =>
    state.users.setUser(containerOf(event.text(5)), event.u32(0), {
      name: event.text(2),
      home: event.text(3),
      shell: event.text(4),
    }),
  user_deleted_e: (state, event) =>
    state.users.removeUser(containerOf(event.text(5)), event.u32(0)),
  group_added_e: (state, event) =>
    state.users.setGroup(containerOf(event.text(2)), event.u32(0), event.text(1)),
  group_deleted_e: (state, event) =>
    state.users.removeGroup(containerOf(event.text(2)), event.u32(0)),
};

function note(state: HostState, json: string, added: boolean): void {
  const info = readContainerJson(json);
  state.lastContainer = info;
  if (info === undefined) return;
  if (added) state.containers.set(info);
  else state.containers.delete(info.id);
}

function containerOf(id: string): string {
  return id === "<NA>" ? "" : id;
}
