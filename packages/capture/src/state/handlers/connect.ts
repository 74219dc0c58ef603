import type { CaptureEvent } from "../../event/capture-event.ts";
import type { Parameters } from "../../event/parameters.ts";
import { FD_KIND } from "../../scap/entries.ts";
import { isMapped, readIpv4 } from "../address.ts";
import type { FdInfo } from "../fd-info.ts";
import type { HostState } from "../host-state.ts";
import { swapEnds } from "../import-fd.ts";
import { socketName } from "../socket-name.ts";
import { AF, isAddress, unixPath } from "./packed.ts";
import { setEnds4, setEnds6 } from "./tuple.ts";

// Which parameters of connect's exit hold both ends and the address that was asked for.
const TUPLE = 1;
const ADDRESS = 3;

/**
 * Follows a connect(2) with its ends. Where the exit's own address agrees with them, the address of the enter event
 * counts: memory may have changed in between, whereas ends that differ come from the kernel.
 */
export function connect(
  _state: HostState,
  event: CaptureEvent,
  fd: FdInfo,
  entered: boolean,
): void {
  const enter = entered && isAddress(event, ADDRESS) ? event.enter : undefined;
  const family = event.bytes[event.offsetOf(TUPLE)];
  if (family === AF.inet) connect4(event, fd, enter);
  else if (family === AF.inet6) connect6(event, fd, enter);
  else {
    if (fd.kind !== FD_KIND.unix) return;
    const at = event.offsetOf(TUPLE);
    fd.unixSource = event.view.getBigUint64(at + 1, true);
    fd.unixDestination = event.view.getBigUint64(at + 9, true);
    const own = unixPath(event, TUPLE, 17);
    const path =
      enter !== undefined && own === unixPath(event, ADDRESS, 1) ? unixPath(enter, 1, 1) : own;
    fd.name = `${fd.unixSource.toString(16)}->${fd.unixDestination.toString(16)} ${path}`;
  }
  if (fd.roles === 0) fd.setClient();
}

function connect4(event: CaptureEvent, fd: FdInfo, enter: Parameters | undefined): void {
  const { bytes, view } = event;
  const at = event.offsetOf(TUPLE);
  const source = readIpv4(bytes, at + 1);
  let destination = readIpv4(bytes, at + 7);
  let dport = view.getUint16(at + 11, true);
  if (enter !== undefined) {
    const asked = event.offsetOf(ADDRESS);
    const from = enter.offsetOf(1);
    if (
      view.getUint16(asked + 5, true) === dport &&
      readIpv4(bytes, asked + 1) === destination &&
      enter.lengthOf(1) >= 7
    ) {
      destination = readIpv4(enter.bytes, from + 1);
      dport = enter.view.getUint16(from + 5, true);
    }
  }
  fd.kind = FD_KIND.ipv4;
  const changed = setEnds4(fd, source, view.getUint16(at + 5, true), destination, dport, true);
  if (changed && fd.isServer && fd.isUdp4) swapEnds(fd);
  fd.name = socketName(fd);
}

function connect6(event: CaptureEvent, fd: FdInfo, enter: Parameters | undefined): void {
  const { bytes, view } = event;
  const at = event.offsetOf(TUPLE);
  const source = bytes.slice(at + 1, at + 17);
  let destination = bytes.slice(at + 19, at + 35);
  const sport = view.getUint16(at + 17, true);
  let dport = view.getUint16(at + 35, true);
  if (enter !== undefined && enter.lengthOf(1) >= 19 && event.lengthOf(ADDRESS) >= 19) {
    const asked = event.offsetOf(ADDRESS);
    const same = destination.every((byte, i) => bytes[asked + 1 + i] === byte);
    if (same && view.getUint16(asked + 17, true) === dport) {
      const from = enter.offsetOf(1);
      destination = enter.bytes.slice(from + 1, from + 17);
      dport = enter.view.getUint16(from + 17, true);
    }
  }
  let changed: boolean;
  if (isMapped(source) && isMapped(destination)) {
    fd.kind = FD_KIND.ipv4;
    const [from, to] = [readIpv4(source, 12), readIpv4(destination, 12)];
    changed = setEnds4(fd, from, sport, to, dport, true);
  } else {
    fd.kind = FD_KIND.ipv6;
    changed = setEnds6(fd, source, sport, destination, dport, true);
  }
  if (changed && fd.isServer && fd.isUdp4) swapEnds(fd);
  fd.name = socketName(fd);
}

/** Takes the destination from an address alone, where the exit has no ends: TCP fast open. */
export function setClientFromAddress(fd: FdInfo, enter: Parameters, index: number): void {
  const { bytes, view } = enter;
  const at = enter.offsetOf(index);
  if (bytes[at] === AF.inet) {
    fd.kind = FD_KIND.ipv4;
    fd.destination4 = readIpv4(bytes, at + 1);
    fd.destinationPort = view.getUint16(at + 5, true);
  } else if (bytes[at] === AF.inet6) {
    const address = bytes.slice(at + 1, at + 17);
    fd.destinationPort = view.getUint16(at + 17, true);
    if (isMapped(address)) {
      fd.kind = FD_KIND.ipv4;
      fd.destination4 = readIpv4(address, 12);
    } else {
      fd.kind = FD_KIND.ipv6;
      fd.destination6 = address;
    }
  }
}
