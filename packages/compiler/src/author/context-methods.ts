import type { FibLookup } from "./vmlinux.ts";
import type { be16, i32, u32, u64 } from "./types.ts";

/** What programs do with a packet that a buffer of the kernel holds. Each gives whether it worked. */
export interface PacketBytes {
  /** Copies bytes of the packet, from `offset` on, as many as the buffer or record has. */
  loadBytes(offset: u32, into: object): boolean;
}

/** What programs may ask about the socket that a packet or an event belongs to. */
export interface SocketIdentity {
  /** A number that stays the socket's own as long as it lives. */
  socketCookie(): u64;
}

/** Who owns the socket. */
export interface SocketOwner {
  /** The user; 65,534 where there is none. */
  socketUid(): u32;
}

/** Options of a socket, by the level and name that `setsockopt(2)` has. */
export interface SocketOptions {
  setOption(level: i32, name: i32, value: object): boolean;
  getOption(level: i32, name: i32, into: object): boolean;
}

/** Asks the routing table. */
export interface Routing {
  /** Fills in where a packet goes: 0, a positive reason why it cannot be forwarded, or a negative error. Linux 4.18. */
  fibLookup(parameters: FibLookup, flags?: u32): i32;
}

/** What XDP programs do with their packet. Those that move its ends make what was read of it unusable: read again. */
export interface XdpMethods extends PacketBytes, Routing {
  /** Moves the start: a positive distance takes bytes away, a negative one adds them. Linux 4.10. */
  adjustHead(distance: i32): boolean;
  /** Moves the end. Linux 4.18; to make it longer 5.8. */
  adjustTail(distance: i32): boolean;
  /** Moves the start of the metadata in front of the packet. Linux 4.15. */
  adjustMeta(distance: i32): boolean;
  /** Linux 5.18, as are `loadBytes` and `length`. */
  storeBytes(offset: u32, from: object): boolean;
  /** Bytes of the packet, all of its fragments. */
  length(): u64;
}

/** What tc programs do with their packet. Those that change it make what was read of it unusable: read again. */
export interface TcMethods extends PacketBytes, Routing, SocketIdentity, SocketOwner {
  /** Writes bytes into the packet. Flag 1 mends the checksum, 2 forgets the packet's hash. */
  storeBytes(offset: u32, from: object, flags?: u64): boolean;
  /** Has the first bytes of the packet in one piece, so that they can be read directly. Linux 4.9. */
  pullData(length: u32): boolean;
  changeTail(length: u32, flags?: u64): boolean;
  changeHead(length: u32, flags?: u64): boolean;
  changeType(type: u32): boolean;
  changeProto(protocol: be16, flags?: u64): boolean;
  adjustRoom(distance: i32, mode: u32, flags?: u64): boolean;
  vlanPush(protocol: be16, tag: u32): boolean;
  vlanPop(): boolean;
  replaceL3Checksum(offset: u32, from: u64, to: u64, flags: u64): boolean;
  replaceL4Checksum(offset: u32, from: u64, to: u64, flags: u64): boolean;
  /** Sends a copy to another device. */
  cloneRedirect(ifindex: u32, flags?: u64): boolean;
  flowHash(): u32;
  cgroupId(): u64;
}

/** What programs of a cgroup do with packets. */
export interface CgroupSkbMethods extends PacketBytes, SocketIdentity, SocketOwner {
  cgroupId(): u64;
}

/** What programs of a cgroup do with addresses. */
export interface SockAddrMethods extends SocketIdentity, SocketOptions {}

/** What programs at events of TCP do. */
export interface SockOpsMethods extends SocketIdentity, SocketOptions {
  /** Says which further events the program wants to see of this connection. Linux 4.16. */
  setCallbacks(flags: u32): boolean;
}
