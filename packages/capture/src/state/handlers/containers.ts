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
  // Those of containers libsinsp takes from files of the live container only, so that in captures they have no names.
  user_added_e: (state, event) => {
    const [name, home, shell] = [event.text(2), event.text(3), event.text(4)];
    if (isHost(event.text(5))) state.users.setUser("", event.u32(0), { name, home, shell });
  },
  user_deleted_e: (state, event) => {
    if (isHost(event.text(5))) state.users.removeUser("", event.u32(0));
  },
  group_added_e: (state, event) => {
    if (isHost(event.text(2))) state.users.setGroup("", event.u32(0), event.text(1));
  },
  group_deleted_e: (state, event) => {
    if (isHost(event.text(2))) state.users.removeGroup("", event.u32(0));
  },
};

function note(state: HostState, json: string, added: boolean): void {
  const info = readContainerJson(json);
  state.lastContainer = info;
  if (info === undefined) return;
  if (added) state.containers.set(info);
  else state.containers.delete(info.id);
}

function isHost(containerId: string): boolean {
  return containerId === "" || containerId === "<NA>";
}
