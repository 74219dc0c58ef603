import type { Kernel } from "../port/kernel.ts";
import {
  decodeAttributes,
  numberOf,
  REQUEST_FLAGS,
  textOf,
  type NetlinkAttribute,
  type NetlinkMessage,
} from "./message.ts";
import { NetlinkSocket } from "./socket.ts";

const RTM_NEWQDISC = 36;
const RTM_DELQDISC = 37;
const RTM_GETQDISC = 38;
const RTM_NEWTFILTER = 44;
const RTM_DELTFILTER = 45;
const RTM_GETTFILTER = 46;
const TCA_KIND = 1;
const TCA_OPTIONS = 2;
const BPF_FD = 6;
const BPF_NAME = 7;
const BPF_FLAGS = 8;
const BPF_ID = 11;
const ACT_DIRECT = 1;
// include/uapi/linux/pkt_sched.h: clsact sits beside the root, under a handle of its own.
const CLSACT_PARENT = 0xfffffff1;
const CLSACT_HANDLE = 0xffff0000;
const PARENTS = { ingress: 0xfffffff2, egress: 0xfffffff3 } as const;
const PROTOCOL_ALL = 0x0300; // htons(ETH_P_ALL)

/** A side of an interface that clsact offers. */
export type TcDirection = keyof typeof PARENTS;

/** A queueing discipline of an interface. */
export interface Qdisc {
  readonly interfaceIndex: number;
  /** `clsact`, `fq_codel`, `noqueue`, … */
  readonly kind: string;
  readonly handle: number;
  readonly parent: number;
}

/** A BPF filter on one side of a clsact qdisc. */
export interface TcFilter {
  readonly handle: number;
  /** 1 runs first; 0 lets the kernel choose when adding. */
  readonly priority: number;
  readonly name: string;
  readonly programId: number;
}

// struct tcmsg:  0 u8 family, 4 i32 interface, 8 u32 handle, 12 u32 parent, 16 u32 info
function tcMessage(interfaceIndex: number, handle = 0, parent = 0, info = 0): Uint8Array {
  const bytes = new Uint8Array(20);
  const view = new DataView(bytes.buffer);
  view.setInt32(4, interfaceIndex, true);
  view.setUint32(8, handle, true);
  view.setUint32(12, parent, true);
  view.setUint32(16, info, true);
  return bytes;
}

function viewOf({ payload }: NetlinkMessage): DataView {
  return new DataView(payload.buffer, payload.byteOffset, payload.byteLength);
}

/** The qdiscs of one interface. */
export function listQdiscs(kernel: Kernel, interfaceIndex: number): Qdisc[] {
  using socket = new NetlinkSocket(kernel);
  return socket
    .request("Cannot list queueing disciplines", {
      type: RTM_GETQDISC,
      flags: REQUEST_FLAGS.dump,
      fixed: tcMessage(interfaceIndex),
    })
    .filter((message) => message.payload.length >= 20)
    .map((message) => ({
      interfaceIndex: viewOf(message).getInt32(4, true),
      handle: viewOf(message).getUint32(8, true),
      parent: viewOf(message).getUint32(12, true),
      kind: textOf(decodeAttributes(message.payload, 20).get(TCA_KIND)) ?? "",
    }))
    .filter((qdisc) => qdisc.interfaceIndex === interfaceIndex);
}

/** Whether an interface has a clsact qdisc. */
export function hasClsact(kernel: Kernel, interfaceIndex: number): boolean {
  return listQdiscs(kernel, interfaceIndex).some(({ kind }) => kind === "clsact");
}

/** Puts a clsact qdisc on an interface. Throws `exists` when there is one, or an ingress qdisc in its place. */
export function addClsact(kernel: Kernel, action: string, interfaceIndex: number): void {
  using socket = new NetlinkSocket(kernel);
  socket.request(action, {
    type: RTM_NEWQDISC,
    flags: REQUEST_FLAGS.create | REQUEST_FLAGS.exclusive,
    fixed: tcMessage(interfaceIndex, CLSACT_HANDLE, CLSACT_PARENT),
    attributes: [{ type: TCA_KIND, value: "clsact" }],
  });
}

/** Removes the clsact qdisc with every filter on it. */
export function deleteClsact(kernel: Kernel, action: string, interfaceIndex: number): void {
  using socket = new NetlinkSocket(kernel);
  socket.request(action, {
    type: RTM_DELQDISC,
    fixed: tcMessage(interfaceIndex, CLSACT_HANDLE, CLSACT_PARENT),
    attributes: [{ type: TCA_KIND, value: "clsact" }],
  });
}

/** The BPF filters on one side of an interface, first to run first. */
export function listFilters(
  kernel: Kernel,
  interfaceIndex: number,
  direction: TcDirection,
): TcFilter[] {
  using socket = new NetlinkSocket(kernel);
  return socket
    .request("Cannot list traffic filters", {
      type: RTM_GETTFILTER,
      flags: REQUEST_FLAGS.dump,
      fixed: tcMessage(interfaceIndex, 0, PARENTS[direction]),
    })
    .filter((message) => message.payload.length >= 20)
    .flatMap((message): TcFilter[] => {
      const attributes = decodeAttributes(message.payload, 20);
      const options = decodeAttributes(attributes.get(TCA_OPTIONS) ?? new Uint8Array());
      const programId = numberOf(options.get(BPF_ID));
      // A dump also lists every priority once without a filter, and filters that are not BPF.
      if (textOf(attributes.get(TCA_KIND)) !== "bpf" || programId === undefined) return [];
      const view = viewOf(message);
      return [
        {
          handle: view.getUint32(8, true),
          priority: view.getUint32(16, true) >>> 16,
          name: textOf(options.get(BPF_NAME)) ?? "",
          programId,
        },
      ];
    })
    .toSorted((a, b) => a.priority - b.priority || a.handle - b.handle);
}

/** What to put on one side of a clsact qdisc. */
export interface TcFilterAddition {
  readonly interfaceIndex: number;
  readonly direction: TcDirection;
  readonly programFd: number;
  readonly name: string;
  /** 1–65535; 0 lets the kernel choose one. */
  readonly priority: number;
  /** 0 lets the kernel choose one. */
  readonly handle: number;
  /** Replaces the filter with this priority and handle instead of adding one. */
  readonly replace?: boolean;
}

/** Adds a direct-action BPF filter for all protocols, which stays when this process ends. */
export function addFilter(kernel: Kernel, action: string, addition: TcFilterAddition): void {
  using socket = new NetlinkSocket(kernel);
  const options: NetlinkAttribute[] = [
    { type: BPF_FD, value: addition.programFd },
    { type: BPF_NAME, value: addition.name },
    { type: BPF_FLAGS, value: ACT_DIRECT },
  ];
  const { interfaceIndex, handle, direction, priority, replace } = addition;
  socket.request(action, {
    type: RTM_NEWTFILTER,
    flags:
      REQUEST_FLAGS.create | (replace === true ? REQUEST_FLAGS.replace : REQUEST_FLAGS.exclusive),
    fixed: tcMessage(interfaceIndex, handle, PARENTS[direction], (priority << 16) | PROTOCOL_ALL),
    attributes: [
      { type: TCA_KIND, value: "bpf" },
      { type: TCA_OPTIONS, value: options },
    ],
  });
}

/** Removes one filter. Throws `not-found` when it is gone already. */
export function deleteFilter(
  kernel: Kernel,
  action: string,
  interfaceIndex: number,
  direction: TcDirection,
  filter: Pick<TcFilter, "handle" | "priority">,
): void {
  using socket = new NetlinkSocket(kernel);
  const info = (filter.priority << 16) | PROTOCOL_ALL;
  socket.request(action, {
    type: RTM_DELTFILTER,
    fixed: tcMessage(interfaceIndex, filter.handle, PARENTS[direction], info),
    attributes: [{ type: TCA_KIND, value: "bpf" }],
  });
}
