import { readAddress, type SocketAddress } from "./address.ts";
import { pathOf, type SensorAccess } from "./evt-fields.ts";
import type { SensorEvent } from "./sensor-event.ts";

const OPENS: ReadonlySet<string> = new Set([
  "open",
  "openat",
  "openat2",
  "creat",
  "open_by_handle_at",
]);

/** The address that a call was given or gave. */
export function addressOf(event: SensorEvent): SocketAddress | undefined {
  const parameter = event.isCall
    ? event.call?.parameters.find(({ format }) => format === "address")
    : undefined;
  if (parameter?.argument === undefined) return undefined;
  const at = event.dataOffset(parameter.argument);
  return at < 0 ? undefined : readAddress(event.memory, at, event.dataSize(parameter.argument));
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
  return addressOf(event)?.text;
}

function text(read: (event: SensorEvent) => string | undefined): SensorAccess {
  return { type: "text", list: false, read };
}

/** Fields of the descriptor that an event is about: of files as they are opened, and of sockets with their address. */
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
    case "fd.type":
      return text((event) => typeOf(event)?.[0]);
    case "fd.typechar":
      return text((event) => typeOf(event)?.[1]);
    case "fd.ip":
    case "fd.sip":
      return { type: "ip", list: false, read: (event) => addressOf(event)?.ip };
    case "fd.port":
    case "fd.sport":
      return { type: "port", list: false, read: (event) => addressOf(event)?.port };
    case "fd.connected":
      return {
        type: "bool",
        list: false,
        read: (event) => (event.name === "connect" ? event.result === 0 : undefined),
      };
    default:
      return undefined;
  }
}

function directoryOf(path: string | undefined): string | undefined {
  if (path === undefined) return undefined;
  const end = path.lastIndexOf("/");
  return end <= 0 ? "/" : path.slice(0, end);
}

function typeOf(event: SensorEvent): readonly [name: string, char: string] | undefined {
  if (OPENS.has(event.name)) return event.result >= 0 ? ["file", "f"] : undefined;
  switch (addressOf(event)?.family) {
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
