import type { CaptureEvent } from "../event/capture-event.ts";
import { readUnsigned } from "../event/number64.ts";
import { eventId } from "../events/event-table.ts";
import { ipv4Text, ipv6Text } from "../state/address.ts";
import { FD_KIND } from "../scap/entries.ts";
import type { FdInfo } from "../state/fd-info.ts";
import type { Read } from "./reader.ts";

const POLLS = new Set(["syscall_poll_x", "syscall_ppoll_x"].map(eventId));
// fd list  u16 count · per descriptor u64 number, u16 events
const ENTRY_BYTES = 10;

function list(
  write: (fd: FdInfo | undefined, number: number | bigint) => string | undefined,
): Read {
  return (event) => {
    if (!POLLS.has(event.type) || event.shownThread === undefined) return undefined;
    const parts: string[] = [];
    for (const number of numbersOf(event)) {
      const fd = typeof number === "number" ? event.shownThread.fdTable?.get(number) : undefined;
      const part = write(fd, number);
      if (part !== undefined) parts.push(part);
    }
    return parts.length === 0 ? undefined : parts.join(",");
  };
}

function numbersOf(event: CaptureEvent): readonly (number | bigint)[] {
  const length = event.lengthOf(1);
  if (length < 2) return [];
  const at = event.offsetOf(1);
  const room = Math.floor((length - 2) / ENTRY_BYTES);
  const count = Math.min(event.view.getUint16(at, true), room);
  return Array.from({ length: count }, (_unused, i) =>
    readUnsigned(event.view, at + 2 + ENTRY_BYTES * i),
  );
}

function address(fd: FdInfo | undefined, source: boolean): string | undefined {
  switch (fd?.kind) {
    case FD_KIND.ipv4:
      return ipv4Text(source ? fd.source4 : fd.destination4);
    case FD_KIND.ipv6:
      return ipv6Text(source ? fd.source6 : fd.destination6);
    case FD_KIND.ipv4Listening:
      return source ? undefined : ipv4Text(fd.destination4);
    case FD_KIND.ipv6Listening:
      return source ? undefined : ipv6Text(fd.destination6);
    default:
      return undefined;
  }
}

/** Fields of the descriptors that poll(2) waits for. */
export const FDLIST_READERS: Readonly<Record<string, Read>> = {
  "fdlist.nums": list((_fd, number) => `${number}`),
  "fdlist.names": list((fd) => (fd === undefined || fd.name === "" ? "<NA>" : fd.name)),
  "fdlist.cips": list((fd) => address(fd, true)),
  "fdlist.sips": list((fd) => address(fd, false)),
  "fdlist.cports": list((fd) => (fd?.isConnection === true ? `${fd.sourcePort}` : undefined)),
  "fdlist.sports": list((fd) => (fd?.isConnection === true ? `${fd.destinationPort}` : undefined)),
};
