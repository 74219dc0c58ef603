// Loads and stores: whether the address may be used so, and what a load gives.
import { describeKind, type Analysis } from "./analysis.ts";
import { loadBtf } from "./btf-access.ts";
import { loadContext } from "./context-access.ts";
import { loadMapValue } from "./map-access.ts";
import { checkFixed, checkRegion, refuseOutside, type Access } from "./region.ts";
import { reject } from "./reject.ts";
import { isConstant, unsignedScalar } from "./scalar.ts";
import { accessStack } from "./stack-access.ts";
import type { State } from "./state.ts";
import {
  hasFlag,
  isPacketPointer,
  pointerTo,
  POINTER_FLAG,
  type Pointer,
  type Value,
} from "./value.ts";

/** Checks an access; gives what a load reads. */
export function checkAccess(analysis: Analysis, state: State, access: Access): Value {
  const { pointer, register, size, write, offset } = access;
  if (pointer.kind === "scalar")
    return reject(
      "vm-verify-not-pointer",
      `r${register} is a number, and memory is ${write ? "written" : "read"} through it`,
      "Use an address that the context, a map, a helper or the stack gave; read kernel memory with probe_read_kernel()",
      [register],
    );
  if (pointer.nullable)
    return reject(
      "vm-verify-null",
      `r${register} is ${describeKind(pointer)}, and memory is ${write ? "written" : "read"} through it`,
      "Compare it with 0 first, and go on only where it is not",
      [register],
    );
  checkSameType(analysis, state, pointer, register);
  checkAlignment(access, pointer);
  switch (pointer.type) {
    case "stack":
      return accessStack(analysis, state, access, pointer);
    case "map-value":
      return loadMapValue(analysis, access, pointer);
    case "ctx":
      return loadContext(analysis, access, pointer);
    case "packet":
    case "packet-meta":
      checkPacket(analysis, access, pointer);
      return unsignedScalar(size);
    case "map-key":
      if (write) readOnly(access, pointer);
      checkRegion(access, pointer, pointer.map?.keySize ?? 0);
      return unsignedScalar(size);
    case "mem":
    case "buf":
      if (write && hasFlag(pointer, POINTER_FLAG.readonly)) readOnly(access, pointer);
      if (!hasFlag(pointer, POINTER_FLAG.untrusted)) checkRegion(access, pointer, pointer.range);
      return unsignedScalar(size);
    case "flow-keys":
      checkFixed(access, pointer, 56);
      return unsignedScalar(size);
    case "sock-common":
    case "socket":
    case "tcp-sock":
    case "xdp-sock":
      if (write) readOnly(access, pointer);
      checkSocket(access, pointer);
      return unsignedScalar(size);
    case "tp-buffer":
      if (!isConstant(pointer.variable) || offset + pointer.offset < 0)
        refuseOutside(access, pointer, 0);
      return unsignedScalar(size);
    case "btf":
      return loadBtf(analysis, access, pointer);
    case "arena":
      return unsignedScalar(size);
    default:
      return reject(
        "vm-verify-not-pointer",
        `r${register} is ${describeKind(pointer)}, whose memory a program cannot ${write ? "write" : "read"}`,
        "Give it to the helpers that take it",
        [register],
      );
  }
}

/** Accesses through these are rewritten for their type, so one instruction has one type. */
const REWRITTEN: ReadonlySet<Pointer["type"]> = new Set<Pointer["type"]>([
  "ctx",
  "socket",
  "sock-common",
  "tcp-sock",
  "xdp-sock",
  "btf",
  "arena",
]);

function checkSameType(
  { pointerTypes }: Analysis,
  state: State,
  { type }: Pointer,
  register: number,
): void {
  const before = pointerTypes.get(state.instruction);
  if (before === undefined) pointerTypes.set(state.instruction, type);
  else if (before !== type && (REWRITTEN.has(before) || REWRITTEN.has(type)))
    reject(
      "vm-verify-pointer-type",
      `r${register} is ${describeKind(pointerTo(type))} on this path and ${describeKind(pointerTo(before))} on another`,
      "Access each through an instruction of its own: branch before the load or store",
      [register],
    );
}

function readOnly({ register }: Access, pointer: Pointer): never {
  return reject(
    "vm-verify-readonly",
    `r${register} is ${describeKind(pointer)}, which is read-only, and memory is written through it`,
    "Copy what is to change to the stack or into a map",
    [register],
  );
}

function checkAlignment({ register, offset, size, aligned }: Access, pointer: Pointer): void {
  const strict = aligned || pointer.type === "stack";
  if (!strict || size === 1) return;
  const { value, mask } = pointer.variable;
  // Packets begin 2 bytes off a multiple of 4, as Ethernet headers have 14 bytes.
  const start = isPacketPointer(pointer) ? 2 : 0;
  const low = BigInt(size - 1);
  const known = BigInt(offset + pointer.offset + start) + value;
  if ((mask & low) === 0n && (known & low) === 0n) return;
  reject(
    "vm-verify-alignment",
    `${size} bytes are accessed at an address that is no multiple of ${size}: r${register} is ${describeKind(pointer)} plus ${pointer.offset}${isConstant(pointer.variable) ? "" : " and a number that varies"}, and the instruction adds ${offset}`,
    `Place what is accessed at a multiple of ${size}, or access it in smaller pieces`,
    [register],
  );
}

/** Program kinds that see packets, and whether they may change them. */
const PACKET_KINDS: ReadonlyMap<string, boolean> = new Map([
  ["lwt_in", false],
  ["lwt_out", false],
  ["lwt_seg6local", false],
  ["sk_reuseport", false],
  ["flow_dissector", false],
  ["cgroup_skb", false],
  ["sched_cls", true],
  ["sched_act", true],
  ["xdp", true],
  ["lwt_xmit", true],
  ["sk_skb", true],
  ["sk_msg", true],
  ["cgroup_sockopt", true],
]);

/** Whether the program's kind may read or write packets directly. */
export function mayAccessPacket({ kind }: Analysis, write: boolean): boolean {
  const writable = PACKET_KINDS.get(kind);
  return writable !== undefined && (writable || !write);
}

/** An access to a packet: inside what comparisons with its end have proven. */
export function checkPacket(analysis: Analysis, access: Access, pointer: Pointer): void {
  const { register, offset, size, write } = access;
  if (!mayAccessPacket(analysis, write))
    reject(
      "vm-verify-readonly",
      `Packets cannot be ${write ? "written" : "read"} directly by programs of type ${analysis.kind}`,
      write ? "Programs of type sched_cls and xdp may" : "Use skb_load_bytes()",
      [register],
    );
  const at = offset + pointer.offset;
  if (pointer.variable.smin < 0n)
    reject(
      "vm-verify-bounds",
      `r${register} may lie before the packet: the number added to it may be ${pointer.variable.smin}`,
      "Make the number unsigned, or mask it with & and a constant",
      [register],
    );
  if (at >= 0 && at + size <= pointer.range) return;
  reject(
    "vm-verify-packet",
    `${size} bytes of the packet are ${write ? "written" : "read"} at ${at}${isConstant(pointer.variable) ? "" : " after a number that varies"} through r${register}: ${pointer.range === 0 ? "nothing proves that they are there" : `${pointer.range} bytes are proven to be there`}`,
    `Compare first: if (data + ${at + size} > data_end) return; with the same pointer, after the last change of it`,
    [register],
  );
}

interface SocketLayout {
  readonly bytes: number;
  readonly holes: readonly (readonly [number, number])[];
  readonly wide: readonly number[];
}

const SOCKETS: Readonly<Record<string, SocketLayout>> = {
  // Of sockets that may be a request or a time-wait one: type, protocol, mark and priority are not there.
  "sock-common": {
    bytes: 80,
    holes: [
      [8, 24],
      [50, 52],
    ],
    wide: [],
  },
  socket: { bytes: 80, holes: [[50, 52]], wide: [] },
  "tcp-sock": { bytes: 120, holes: [], wide: [80, 88] },
  "xdp-sock": { bytes: 4, holes: [], wide: [] },
};

function checkSocket(access: Access, pointer: Pointer): void {
  const layout = SOCKETS[pointer.type];
  if (layout === undefined) return;
  checkFixed(access, pointer, layout.bytes);
  const { size } = access;
  const at = access.offset + pointer.offset;
  const hole = layout.holes.some(([start, end]) => at < end && at + size > start);
  const fits = size <= 4 ? at % size === 0 : layout.wide.includes(at);
  const exact = pointer.type !== "tcp-sock" || size === 4 || (fits && size === 8);
  if (!hole && fits && exact && !(pointer.type === "tcp-sock" && size === 4 && at >= 80 && at < 96))
    return;
  reject(
    "vm-verify-bounds",
    `${size} bytes at ${at} of ${describeKind(pointer)} are read through r${access.register}: there is no field of that size`,
    "Read whole fields of the struct",
    [access.register],
  );
}
