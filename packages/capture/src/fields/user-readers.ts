import type { CaptureEvent } from "../event/capture-event.ts";
import { eventId } from "../events/event-table.ts";
import type { ThreadInfo } from "../state/thread-info.ts";
import type { Read } from "./reader.ts";

const CONTAINER = eventId("container_json_2_e");
const ASYNC = eventId("asyncevent_e");
const NO_ID = 0xffff_ffff;

function ofThread(read: (thread: ThreadInfo, event: CaptureEvent) => string | number): Read {
  return (event) => {
    const thread = event.shownThread;
    return thread === undefined ? undefined : read(thread, event);
  };
}

function nameOf(event: CaptureEvent, thread: ThreadInfo, uid: number): string {
  const user = event.host().users.user(thread.containerId, uid);
  return user?.name ?? (uid === 0 ? "root" : "<NA>");
}

// Events about containers are about the user that runs in it.
function containerUser(event: CaptureEvent, thread: ThreadInfo): string {
  const { type } = event;
  if (type !== CONTAINER && (type !== ASYNC || event.text(1) !== "container")) return "";
  return thread.containerId === ""
    ? ""
    : (event.host().containers.get(thread.containerId)?.user ?? "");
}

/** Fields of users and groups. */
export const USER_READERS: Readonly<Record<string, Read>> = {
  "user.uid": ofThread(({ uid }) => uid),
  "user.name": ofThread((thread, event) => {
    const user = containerUser(event, thread);
    return user === "" ? nameOf(event, thread, thread.uid) : user;
  }),
  "user.homedir": ofThread(({ containerId, uid }, event) => {
    const user = event.host().users.user(containerId, uid);
    return user?.home ?? (uid === 0 ? "/root" : "<NA>");
  }),
  "user.shell": ofThread(
    ({ containerId, uid }, event) => event.host().users.user(containerId, uid)?.shell ?? "<NA>",
  ),
  "user.loginuid": ofThread(({ loginUid }) => (loginUid === NO_ID ? -1 : loginUid)),
  "user.loginname": ofThread((thread, event) => nameOf(event, thread, thread.loginUid)),
  "group.gid": ofThread(({ gid }) => gid),
  "group.name": ofThread(({ containerId, gid }, event) => {
    const name = event.host().users.group(containerId, gid);
    return name ?? (gid === 0 ? "root" : "<NA>");
  }),
};
