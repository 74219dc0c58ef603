import { nearHint } from "@ocelli/bpf";

import { LinuxError } from "../error.ts";
import type { Kernel } from "../port/kernel.ts";
import {
  decodeAttributes,
  numberOf,
  REQUEST_FLAGS,
  textOf,
  type NetlinkMessage,
} from "./message.ts";
import { NetlinkSocket } from "./socket.ts";

const RTM_NEWLINK = 16;
const RTM_GETLINK = 18;
const IFLA_IFNAME = 3;
const IFLA_MTU = 4;
const IFLA_LINKINFO = 18;
const IFLA_INFO_KIND = 1;
const IFLA_XDP = 43;
const IFF_UP = 1;

/** A network interface of one network namespace. */
export interface NetworkInterface {
  readonly index: number;
  readonly name: string;
  readonly up: boolean;
  /** In bytes. */
  readonly mtu: number;
  /** `veth`, `bridge`, `netkit`, …; empty for hardware and for `lo`. */
  readonly type: string;
  /** The attributes of its XDP state, as the kernel nests them. */
  readonly xdp: ReadonlyMap<number, Uint8Array>;
}

// struct ifinfomsg:  0 u8 family, 2 u16 type, 4 i32 index, 8 u32 flags, 12 u32 mask of the flags to change
function interfaceMessage(index: number, flags = 0, change = 0): Uint8Array {
  const bytes = new Uint8Array(16);
  const view = new DataView(bytes.buffer);
  view.setInt32(4, index, true);
  view.setUint32(8, flags, true);
  view.setUint32(12, change, true);
  return bytes;
}

function decodeInterface(message: NetlinkMessage): NetworkInterface {
  const { payload } = message;
  const view = new DataView(payload.buffer, payload.byteOffset, payload.byteLength);
  const attributes = decodeAttributes(payload, 16);
  const information = decodeAttributes(attributes.get(IFLA_LINKINFO) ?? new Uint8Array());
  return {
    index: view.getInt32(4, true),
    name: textOf(attributes.get(IFLA_IFNAME)) ?? "",
    up: (view.getUint32(8, true) & IFF_UP) !== 0,
    mtu: numberOf(attributes.get(IFLA_MTU)) ?? 0,
    type: textOf(information.get(IFLA_INFO_KIND)) ?? "",
    xdp: decodeAttributes(attributes.get(IFLA_XDP) ?? new Uint8Array()),
  };
}

/** All interfaces of the current network namespace, by index. */
export function listInterfaces(kernel: Kernel): NetworkInterface[] {
  using socket = new NetlinkSocket(kernel);
  return socket
    .request("Cannot list the network interfaces", {
      type: RTM_GETLINK,
      flags: REQUEST_FLAGS.dump,
      fixed: interfaceMessage(0),
    })
    .filter((message) => message.type === RTM_NEWLINK && message.payload.length >= 16)
    .map((message) => decodeInterface(message))
    .toSorted((a, b) => a.index - b.index);
}

/**
 * An interface by its name or index. Throws `not-found` with near names when there is none in the current network
 * namespace.
 */
export function findInterface(kernel: Kernel, wanted: string | number): NetworkInterface {
  const all = listInterfaces(kernel);
  const found = all.find(({ name, index }) => name === wanted || index === wanted);
  if (found !== undefined) return found;
  const names = all.map(({ name }) => name);
  const title = typeof wanted === "number" ? `with index ${wanted}` : `"${wanted}"`;
  const near = nearHint(String(wanted), names);
  const some = names.slice(0, 8).map((name) => `"${name}"`);
  const known = near === "" && some.length > 0 ? `; there are ${some.join(", ")}` : near;
  throw new LinuxError(
    "not-found",
    `Cannot find network interface ${title}: this network namespace has none${known}`,
  );
}

/** Switches an interface on or off, as `ip link set … up` does. */
export function setInterfaceUp(kernel: Kernel, wanted: string | number, up: boolean): void {
  const { index, name } = findInterface(kernel, wanted);
  using socket = new NetlinkSocket(kernel);
  socket.request(`Cannot switch network interface "${name}" ${up ? "on" : "off"}`, {
    type: RTM_NEWLINK,
    fixed: interfaceMessage(index, up ? IFF_UP : 0, IFF_UP),
  });
}
