import type { CaptureEvent } from "../event/capture-event.ts";
import { FD_KIND } from "../scap/entries.ts";
import { ipv4Text } from "../state/address.ts";
import type { FdInfo } from "../state/fd-info.ts";

/** One of both ends of a socket. */
export type End = "source" | "destination";

const ZEROS = new Uint8Array(16);

/** The address of an end: 4 or 16 bytes in network order. */
export function bytesOf(fd: FdInfo, end: End): Uint8Array {
  if (fd.kind === FD_KIND.ipv6 || fd.kind === FD_KIND.ipv6Listening)
    return (end === "source" ? fd.source6 : fd.destination6) ?? ZEROS;
  const address = end === "source" ? fd.source4 : fd.destination4;
  return Uint8Array.of(address >>> 24, address >>> 16, address >>> 8, address);
}

/** The end of a connection that is on this host: the source when its address is one of the host or container. */
export function localEnd(fd: FdInfo, event: CaptureEvent): End {
  return isLocal(fd, "source", event) ? "source" : "destination";
}

/** Whether the address of an end belongs to the host, or to the container of the event's thread. */
export function isLocal(fd: FdInfo, end: End, event: CaptureEvent): boolean {
  const host = event.host();
  const containerId = event.shownThread?.containerId ?? "";
  if (fd.kind === FD_KIND.ipv6) {
    const address = end === "source" ? fd.source6 : fd.destination6;
    return containerId === "" && host.interfaces.hasIpv6(address);
  }
  const address = end === "source" ? fd.source4 : fd.destination4;
  if (containerId !== "") {
    const text = ipv4Text(address);
    const own = host.containers.get(containerId)?.ip ?? "";
    if (own === "") return [...host.containers.all()].some(({ ip }) => ip === text);
    if (own === text) return true;
  }
  return host.interfaces.hasIpv4(address);
}
