import type { CaptureEvent } from "../../event/capture-event.ts";
import { FD_KIND, TRANSPORT } from "../../scap/entries.ts";
import { ipv4Text, ipv6Text, isMapped, readIpv4 } from "../address.ts";
import { FdInfo, OPEN } from "../fd-info.ts";
import type { Handler } from "../handlers.ts";
import type { HostState } from "../host-state.ts";
import { swapEnds } from "../import-fd.ts";
import { socketName } from "../socket-name.ts";
import { connect, setClientFromAddress } from "./connect.ts";
import { guessRole, updateTuple } from "./tuple.ts";
import { AF, isAddress, isTuple, tupleText, unixPath } from "./packed.ts";

const SOCK_STREAM = 1;
const SOCK_DGRAM = 2;
const SOCK_RAW = 3;
const EINPROGRESS = 115;
// Which parameter of a receiving or sending call holds both ends.
const TUPLE_OF: Readonly<Record<string, number>> = {
  recvfrom: 2,
  recvmsg: 3,
  recvmmsg: 4,
  recv: 4,
  send: 4,
  sendto: 4,
  sendmsg: 4,
  sendmmsg: 4,
};

/** Sockets: made, bound, connected, accepted, and what traffic tells of their ends. */
export const SOCKET_HANDLERS: Readonly<Record<string, Handler>> = {
  socket_socket_x: (_state, event) => {
    if (event.result >= 0 && event.thread !== undefined)
      addSocket(event, event.result, event.u32(1), event.u32(2), event.u32(3), event.u32(4));
  },
  socket_socketpair_x: (_state, event) => {
    const thread = event.thread;
    if (event.result < 0 || thread === undefined) return;
    const [first, second] = [event.i64(1), event.i64(2)];
    if (first === second) {
      event.fd = undefined;
      return;
    }
    const fd = new FdInfo();
    fd.kind = FD_KIND.unix;
    fd.unixSource = BigInt(event.unsigned(3));
    fd.unixDestination = BigInt(event.unsigned(4));
    const other = fd.clone();
    event.fd = thread.addFd(first, fd);
    thread.addFd(second, other);
  },
  socket_bind_x: (_state, event) => bind(event),
  socket_connect_x: (state, event) => {
    const fd = event.fd;
    if (event.thread === undefined || fd === undefined) return;
    if (event.result < 0 && event.result !== -EINPROGRESS) return;
    fd.setConnected();
    const entered = event.enter !== undefined && isAddress(event.enter, 1);
    if (!event.has(1)) {
      if (entered && event.enter !== undefined) setClientFromAddress(fd, event.enter, 1);
      return;
    }
    if (isTuple(event, 1)) connect(state, event, fd, entered);
  },
  "socket_accept_5_x socket_accept4_6_x": (_state, event) => accept(event),
  "syscall_read_x syscall_readv_x syscall_pread_x syscall_preadv_x socket_recv_x socket_recvfrom_x socket_recvmsg_x socket_recvmmsg_x":
    (state, event) => receive(state, event),
  "syscall_write_x syscall_writev_x syscall_pwrite_x syscall_pwritev_x socket_send_x socket_sendto_x socket_sendmsg_x socket_sendmmsg_x":
    (state, event) => send(state, event),
};

function addSocket(
  event: CaptureEvent,
  number: number,
  domain: number,
  type: number,
  protocol: number,
  flags: number,
): void {
  const fd = new FdInfo();
  fd.kind = FD_KIND.unknown;
  fd.openFlags = flags;
  if (domain === AF.unix) fd.kind = FD_KIND.unix;
  else if (domain === AF.inet || domain === AF.inet6) {
    fd.kind = domain === AF.inet ? FD_KIND.ipv4 : FD_KIND.ipv6;
    fd.transport = transportOf(type, protocol);
  } else if (domain === AF.netlink) fd.kind = FD_KIND.netlink;
  event.fd = event.thread?.addFd(number, fd);
}

// Protocol numbers of IANA; 0 leaves the choice to the type of socket.
function transportOf(type: number, protocol: number): number {
  const raw = type === SOCK_RAW;
  switch (protocol) {
    case 0:
      if ((type & 0xff) === SOCK_STREAM) return TRANSPORT.tcp;
      return (type & 0xff) === SOCK_DGRAM ? TRANSPORT.udp : TRANSPORT.unknown;
    case 1:
      return raw ? TRANSPORT.raw : TRANSPORT.icmp;
    case 6:
      return raw ? TRANSPORT.raw : TRANSPORT.tcp;
    case 17:
      return raw ? TRANSPORT.raw : TRANSPORT.udp;
    case 255:
      return TRANSPORT.raw;
    default:
      return TRANSPORT.unknown;
  }
}

function bind(event: CaptureEvent): void {
  const fd = event.fd;
  if (fd === undefined || event.result < 0 || !isAddress(event, 1)) return;
  const { bytes, view } = event;
  const at = event.offsetOf(1);
  const family = bytes[at];
  if (family === AF.inet) {
    const port = view.getUint16(at + 5, true);
    if (port > 0) listen4(fd, readIpv4(bytes, at + 1), port);
    fd.name = `${ipv4Text(readIpv4(bytes, at + 1))}:${port}`;
  } else if (family === AF.inet6) {
    const address = bytes.slice(at + 1, at + 17);
    const port = view.getUint16(at + 17, true);
    if (port > 0 && isMapped(address)) listen4(fd, readIpv4(address, 12), port);
    else if (port > 0) {
      fd.kind = FD_KIND.ipv6Listening;
      fd.destination6 = address;
      fd.destinationPort = port;
      fd.setServer();
    }
    fd.name = `${ipv6Text(address)}:${port}`;
  } else fd.name = family === AF.unix ? unixPath(event, 1, 1) : `family ${family}`;
}

function listen4(fd: FdInfo, address: number, port: number): void {
  fd.kind = FD_KIND.ipv4Listening;
  fd.destination4 = address;
  fd.destinationPort = port;
  fd.setServer();
}

function accept(event: CaptureEvent): void {
  const thread = event.thread;
  const number = event.result;
  if (thread === undefined || number < 0) return;
  thread.lastFd = number;
  if (!isTuple(event, 1)) return;
  const { bytes, view } = event;
  const at = event.offsetOf(1);
  const fd = new FdInfo();
  if (bytes[at] === AF.inet) {
    fd.kind = FD_KIND.ipv4;
    fd.source4 = readIpv4(bytes, at + 1);
    fd.sourcePort = view.getUint16(at + 5, true);
    fd.destination4 = readIpv4(bytes, at + 7);
    fd.destinationPort = view.getUint16(at + 11, true);
    fd.transport = TRANSPORT.tcp;
  } else if (bytes[at] === AF.inet6) {
    const source = bytes.slice(at + 1, at + 17);
    const destination = bytes.slice(at + 19, at + 35);
    const mapped = isMapped(source) && isMapped(destination);
    fd.kind = mapped ? FD_KIND.ipv4 : FD_KIND.ipv6;
    fd.source4 = mapped ? readIpv4(source, 12) : 0;
    fd.destination4 = mapped ? readIpv4(destination, 12) : 0;
    fd.source6 = mapped ? undefined : source;
    fd.destination6 = mapped ? undefined : destination;
    fd.sourcePort = view.getUint16(at + 17, true);
    fd.destinationPort = view.getUint16(at + 35, true);
    fd.transport = TRANSPORT.tcp;
  } else if (bytes[at] === AF.unix) {
    fd.kind = FD_KIND.unix;
    fd.unixSource = view.getBigUint64(at + 1, true);
    fd.unixDestination = view.getBigUint64(at + 9, true);
  } else return;
  fd.name = tupleText(event, 1);
  if (event.info.name === "accept4") fd.openFlags = event.u32(5) & OPEN.cloexec;
  fd.setServer();
  fd.setConnected();
  event.fd = thread.addFd(number, fd);
}

function receive(state: HostState, event: CaptureEvent): void {
  const { fd, thread } = event;
  if (fd === undefined || event.result < 0) return;
  if (fd.isConnection) fd.setConnected();
  const parameter = TUPLE_OF[event.info.name];
  if (parameter === undefined || (fd.name !== "" && fd.isTcp4)) return;
  if (!updateTuple(state, event, fd, parameter)) return;
  if (!fd.isConnection) {
    fd.name = tupleText(event, parameter);
    return;
  }
  if (fd.roles === 0 && thread !== undefined) guessRole(fd, thread, true);
  if (fd.isClient) swapEnds(fd);
  fd.name = socketName(fd);
}

function send(state: HostState, event: CaptureEvent): void {
  const parameter = TUPLE_OF[event.info.name];
  if (parameter !== undefined && event.fd === undefined && event.info.name !== "sendmmsg")
    inferSocket(event);
  const { fd, thread } = event;
  if (fd === undefined || event.result < 0) return;
  if (fd.isConnection) fd.setConnected();
  if (parameter === undefined || (fd.name !== "" && fd.isTcp4)) return;
  if (!updateTuple(state, event, fd, parameter)) return;
  if (!fd.isConnection) {
    fd.name = tupleText(event, parameter);
    return;
  }
  if (fd.roles === 0 && thread !== undefined) guessRole(fd, thread, false);
  if (fd.isServer) swapEnds(fd);
  fd.name = socketName(fd);
}

// A datagram leaves a socket that nobody saw being made.
function inferSocket(event: CaptureEvent): void {
  if (event.thread === undefined || event.result < 0 || !event.has(4)) return;
  const family = event.bytes[event.offsetOf(4)];
  if (family === AF.inet || family === AF.inet6)
    addSocket(event, event.i64(2), family, SOCK_DGRAM, 17, 0);
}
