import type { ScalarValue } from "@ocelli/event";

import { ipText, readAddress, type SocketAddress } from "./address.ts";
import { pathOf, type SensorAccess } from "./evt-fields.ts";
import type { SensorEvent, SocketEnds } from "./sensor-event.ts";

const OPENS: ReadonlySet<string> = new Set([
  "open",
  "openat",
  "openat2",
  "creat",
  "open_by_handle_at",
]);
const FILE_CALLS: ReadonlySet<string> = new Set(["fchmod", "fchown", "finit_module", "fchdir"]);

/** The address that a call was given or gave. */
function addressOf(event: SensorEvent): SocketAddress | undefined {
  const parameter = event.isCall
    ? event.call?.parameters.find(({ format }) => format === "address")
    : undefined;
  if (parameter?.argument === undefined) return undefined;
  const at = event.dataOffset(parameter.argument);
  return at < 0 ? undefined : readAddress(event.memory, at, event.dataSize(parameter.argument));
}

/** A connection seen from its client. */
interface Tuple {
  readonly clientIp: Uint8Array;
  readonly clientPort: number;
  readonly serverIp: Uint8Array;
  readonly serverPort: number;
}

/** Client and server of a connection: who connects is the client, who accepts the server. */
function tupleOf(event: SensorEvent): Tuple | undefined {
  const ends = event.socket();
  if (ends === undefined || ends.remotePort === 0) return undefined;
  const { localIp, localPort, remoteIp, remotePort } = ends;
  return isServer(event)
    ? { clientIp: remoteIp, clientPort: remotePort, serverIp: localIp, serverPort: localPort }
    : { clientIp: localIp, clientPort: localPort, serverIp: remoteIp, serverPort: remotePort };
}

function isServer({ name }: SensorEvent): boolean {
  return name === "accept" || name === "accept4" || name === "bind" || name === "listen";
}

/** An end as Falco writes it: `10.0.0.1:80`, and IPv6 in the same way. */
function endText(ip: Uint8Array, port: number): string {
  return `${ipText(ip)}:${port}`;
}

/** The number of the descriptor that an event is about. */
function descriptor(event: SensorEvent): number | undefined {
  const parameter = event.isCall
    ? event.call?.parameters.find(({ name, format }) => name === "fd" && format === "fd")
    : undefined;
  if (parameter === undefined) return undefined;
  return parameter.argument === undefined ? event.result : event.argumentInt(parameter.argument);
}

/** What a descriptor stands for, as a person reads it. */
export function descriptorName(event: SensorEvent): string | undefined {
  if (!event.isCall) return undefined;
  if (OPENS.has(event.name)) return pathOf(event, 0);
  if (FILE_CALLS.has(event.name)) return event.filePath();
  const tuple = tupleOf(event);
  if (tuple !== undefined) {
    const { clientIp, clientPort, serverIp, serverPort } = tuple;
    return `${endText(clientIp, clientPort)}->${endText(serverIp, serverPort)}`;
  }
  const ends = isServer(event) ? event.socket() : undefined;
  if (ends !== undefined && ends.localPort !== 0) return endText(ends.localIp, ends.localPort);
  return addressOf(event)?.text;
}

function text(read: (event: SensorEvent) => string | undefined): SensorAccess {
  return { type: "text", list: false, read };
}

type OfTuple = (tuple: Tuple) => Uint8Array | number;
type OfEnds = (ends: SocketEnds) => Uint8Array | number;

function ofTuple(type: "ip" | "port" | "net", read: OfTuple, given?: boolean): SensorAccess {
  return {
    type,
    list: false,
    read: (event) => {
      const tuple = tupleOf(event);
      if (tuple !== undefined) return read(tuple);
      // A connection that failed has no ends any more, but the server was named.
      if (given !== true) return undefined;
      const address = addressOf(event);
      return type === "port" ? address?.port : address?.ip;
    },
  };
}

function ofEnds(type: "ip" | "port" | "net", read: OfEnds): SensorAccess {
  return {
    type,
    list: false,
    read: (event) => {
      const ends = event.socket();
      return ends === undefined ? undefined : read(ends);
    },
  };
}

/** Either end: a comparison holds when it does for one of them, `!=` when it does for both. */
function either(type: "ip" | "port" | "net"): SensorAccess {
  const values = (event: SensorEvent): readonly ScalarValue[] | undefined => {
    const tuple = tupleOf(event);
    if (tuple !== undefined)
      return type === "port"
        ? [tuple.clientPort, tuple.serverPort]
        : [tuple.clientIp, tuple.serverIp];
    const address = addressOf(event);
    const value = type === "port" ? address?.port : address?.ip;
    return value === undefined ? undefined : [value];
  };
  return {
    type,
    list: false,
    read: (event) => values(event)?.at(-1),
    candidates: {
      read: values,
      exists: (event) => values(event) !== undefined,
      unequal: "every",
    },
  };
}

const PROTOCOLS: ReadonlyMap<number, string> = new Map([
  [1, "icmp"],
  [6, "tcp"],
  [17, "udp"],
  [58, "icmp"],
]);

const SOCKET_FIELDS: Readonly<Record<string, SensorAccess>> = {
  "fd.ip": either("ip"),
  "fd.net": either("net"),
  "fd.port": either("port"),
  "fd.cip": ofTuple("ip", (tuple) => tuple.clientIp),
  "fd.cnet": ofTuple("net", (tuple) => tuple.clientIp),
  "fd.cport": ofTuple("port", (tuple) => tuple.clientPort),
  "fd.sip": ofTuple("ip", (tuple) => tuple.serverIp, true),
  "fd.snet": ofTuple("net", (tuple) => tuple.serverIp, true),
  "fd.sport": ofTuple("port", (tuple) => tuple.serverPort, true),
  "fd.lip": ofEnds("ip", (ends) => ends.localIp),
  "fd.lnet": ofEnds("net", (ends) => ends.localIp),
  "fd.lport": ofEnds("port", (ends) => ends.localPort),
  "fd.rip": ofEnds("ip", (ends) => ends.remoteIp),
  "fd.rnet": ofEnds("net", (ends) => ends.remoteIp),
  "fd.rport": ofEnds("port", (ends) => ends.remotePort),
  "fd.l4proto": text((event) => PROTOCOLS.get(event.socket()?.protocol ?? 0)),
  "fd.sockfamily": text((event) => {
    const family = addressOf(event)?.family;
    if (event.socket() !== undefined || family === "inet" || family === "inet6") return "ip";
    return family === "unix" ? "unix" : undefined;
  }),
  "fd.connected": {
    type: "bool",
    list: false,
    read: (event) => (event.name === "connect" ? event.result === 0 : undefined),
  },
  "fd.is_server": {
    type: "bool",
    list: false,
    read: (event) => (event.socket() === undefined ? undefined : isServer(event)),
  },
};

/** Fields of the descriptor that an event is about: of files as they are opened or changed, and of sockets. */
export function fdField(name: string): SensorAccess | undefined {
  switch (name) {
    case "fd.num":
      return { type: "int64", list: false, read: descriptor };
    case "fd.name":
      return text(descriptorName);
    case "fd.nameraw":
      return text((event) => (OPENS.has(event.name) ? pathOf(event, 0, false) : undefined));
    case "fd.directory":
      return text((event) => (OPENS.has(event.name) ? directoryOf(pathOf(event, 0)) : undefined));
    case "fd.filename":
      return text((event) =>
        OPENS.has(event.name) ? pathOf(event, 0)?.replace(/^.*\//, "") : undefined,
      );
    case "fd.ino":
      return {
        type: "int64",
        list: false,
        read: (event) => (opened(event) ? event.inode : undefined),
      };
    case "fd.dev":
      return {
        type: "int32",
        list: false,
        read: (event) => (opened(event) ? event.device : undefined),
      };
    case "fd.type":
      return text((event) => typeOf(event)?.[0]);
    case "fd.typechar":
      return text((event) => typeOf(event)?.[1]);
    default:
      return SOCKET_FIELDS[name];
  }
}

function opened(event: SensorEvent): boolean {
  return event.hasFile && OPENS.has(event.name) && event.result >= 0;
}

function directoryOf(path: string | undefined): string | undefined {
  if (path === undefined) return undefined;
  const end = path.lastIndexOf("/");
  return end <= 0 ? "/" : path.slice(0, end);
}

const S_IFMT = 0xf000;
const S_IFDIR = 0x4000;

function typeOf(event: SensorEvent): readonly [name: string, char: string] | undefined {
  if (OPENS.has(event.name)) {
    if (event.result < 0) return undefined;
    return (event.fileMode & S_IFMT) === S_IFDIR ? ["directory", "d"] : ["file", "f"];
  }
  const family = addressOf(event)?.family;
  const ends = event.socket();
  if (ends !== undefined) return ends.localIp.length === 4 ? ["ipv4", "4"] : ["ipv6", "6"];
  switch (family) {
    case "inet":
      return ["ipv4", "4"];
    case "inet6":
      return ["ipv6", "6"];
    case "unix":
      return ["unix", "u"];
    case "netlink":
      return ["netlink", "n"];
    default:
      return undefined;
  }
}
