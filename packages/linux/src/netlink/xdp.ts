import type { Kernel } from "../port/kernel.ts";
import { findInterface } from "./interface.ts";
import { numberOf, type NetlinkAttribute } from "./message.ts";
import { NetlinkSocket } from "./socket.ts";

const RTM_SETLINK = 19;
const IFLA_XDP = 43;
// Attributes inside IFLA_XDP, include/uapi/linux/if_link.h.
const XDP_FD = 1;
const XDP_ATTACHED = 2;
const XDP_FLAGS = 3;
const XDP_PROG_ID = 4;
const XDP_DRV_PROG_ID = 5;
const XDP_SKB_PROG_ID = 6;
const XDP_HW_PROG_ID = 7;
const XDP_EXPECTED_FD = 8;

/** Where XDP runs: in the generic path, in the driver, or on the card. */
export type XdpMode = "skb" | "drv" | "hw";

/** XDP_FLAGS_*_MODE by mode. */
export const XDP_MODE_FLAGS: Readonly<Record<XdpMode, number>> = { skb: 2, drv: 4, hw: 8 };

/** XDP_FLAGS_UPDATE_IF_NOEXIST: refuse when another program is there. */
export const XDP_IF_NOEXIST = 1;

/** XDP_FLAGS_REPLACE: refuse unless the expected program is there; since Linux 5.7. */
export const XDP_REPLACE = 16;

/** The programs on an interface by mode; 0 where there is none. */
export type XdpState = Readonly<Record<XdpMode, number>>;

/** Which XDP programs an interface runs, by id. */
export function getXdp(kernel: Kernel, wanted: string | number): XdpState {
  const { xdp } = findInterface(kernel, wanted);
  const one = numberOf(xdp.get(XDP_PROG_ID)) ?? 0;
  const mode = numberOf(xdp.get(XDP_ATTACHED)) ?? 0; // 1 driver, 2 generic, 3 hardware, 4 several
  return {
    drv: numberOf(xdp.get(XDP_DRV_PROG_ID)) ?? (mode === 1 ? one : 0),
    skb: numberOf(xdp.get(XDP_SKB_PROG_ID)) ?? (mode === 2 ? one : 0),
    hw: numberOf(xdp.get(XDP_HW_PROG_ID)) ?? (mode === 3 ? one : 0),
  };
}

/** A change of an interface's XDP program. */
export interface XdpChange {
  readonly interfaceIndex: number;
  /** -1 takes the program away. */
  readonly programFd: number;
  /** XDP_FLAGS_*. */
  readonly flags: number;
  /** With `XDP_REPLACE`: the program that must be there, -1 for none. */
  readonly expectedFd?: number;
}

/** Sets or removes an interface's XDP program. It stays when this process ends. `action` begins the error's message. */
export function setXdp(kernel: Kernel, action: string, change: XdpChange): void {
  using socket = new NetlinkSocket(kernel);
  const fixed = new Uint8Array(16);
  new DataView(fixed.buffer).setInt32(4, change.interfaceIndex, true);
  const value: NetlinkAttribute[] = [
    { type: XDP_FD, value: change.programFd },
    { type: XDP_FLAGS, value: change.flags },
  ];
  if (change.expectedFd !== undefined)
    value.push({ type: XDP_EXPECTED_FD, value: change.expectedFd });
  socket.request(action, { type: RTM_SETLINK, fixed, attributes: [{ type: IFLA_XDP, value }] });
}
