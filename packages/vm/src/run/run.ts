import type { ProgramType } from "@ocelli/bpf";

import type { VmPacket } from "../context/packet.ts";
import {
  allocateSkb,
  ETHERNET_BYTES,
  fillSkb,
  SKB,
  SKB_BYTES,
  SKB_GIVEN,
  type SkbPlace,
} from "../context/skb.ts";
import { allocateXdp, fillXdp, XDP_BYTES, type XdpPlace } from "../context/xdp.ts";
import { VmError } from "../error.ts";
import { SKB_PROGRAMS } from "../helper/all.ts";
import type { LoadedInVm } from "../load/load.ts";
import type { Machine } from "../machine.ts";
import type { VmMemory } from "../memory/memory.ts";

/** Input of a run, as of BPF_PROG_TEST_RUN. */
export interface VmRunInput {
  /** A packet, for programs that see one: at least an Ethernet header. */
  readonly data?: Uint8Array;
  /**
   * The context as the program's type lays it out: fields of `__sk_buff` or `xdp_md` to begin with; registers of a kprobe, the
   * record of a tracepoint, arguments of a raw tracepoint, the struct of a syscall program, as they are.
   */
  readonly context?: Uint8Array;
}

/** What a run gave. */
export interface VmRunResult {
  /** The lower half of r0, unsigned. */
  readonly returnValue: number;
  /** The packet afterwards: a copy, empty where the type has none. */
  readonly data: Uint8Array;
  /** The context afterwards: a copy. Of `__sk_buff` only the fields that can be given are meaningful. */
  readonly context: Uint8Array;
}

/** Runs one program again and again, on memory that is set aside once. */
export interface VmRunner {
  /** Throws `argument` for input that does not suit the type, and what the program throws. */
  readonly run: (input?: VmRunInput) => VmRunResult;
  /**
   * The packet of the last run as it would be on the wire: with its Ethernet header, and with the VLAN tag that the kernel keeps
   * beside it. A copy; empty for types without packets.
   */
  readonly frame: () => Uint8Array;
}

/** How a runner is made. */
export interface VmRunnerOptions {
  /** The longest packet or context that will be given: 64 KiB if absent. */
  readonly mostBytes?: number;
}

/**
 * Makes a runner for a loaded program. Packets are shown to it as its type has them: with the Ethernet header for XDP and tc,
 * from the network header on for sockets and cgroups. Throws `argument` for a name that is not there.
 */
export function createRunner(
  loaded: LoadedInVm,
  name: string,
  { mostBytes = 1 << 16 }: VmRunnerOptions = {},
): VmRunner {
  const machine = loaded.programs.get(name);
  const type = loaded.spec.programs.get(name)?.type;
  if (machine === undefined || type === undefined) {
    throw new VmError(
      "argument",
      `Cannot run "${name}": loaded are ${[...loaded.programs.keys()].join(", ") || "no programs"}`,
    );
  }
  if (type === "xdp") return xdpRunner(loaded, machine, mostBytes);
  if (SKB_PROGRAMS.has(type)) return skbRunner(loaded, machine, type, mostBytes);
  return plainRunner(loaded.memory, machine, mostBytes);
}

/**
 * Lays a program's input out and gives the context's address, for a stepper. What lies there stays: nothing is released.
 * Throws `argument` as a runner does.
 */
export function createContextAt(loaded: LoadedInVm, name: string, input: VmRunInput = {}): number {
  const { memory, system } = loaded;
  const type = loaded.spec.programs.get(name)?.type ?? "unspec";
  const { data, context } = input;
  const mostBytes = Math.max(64, data?.length ?? 0, context?.length ?? 0);
  if (type === "xdp" || SKB_PROGRAMS.has(type)) {
    const frame = frameOf(data, mostBytes);
    const ethernet = type === "sched_cls" || type === "sched_act";
    const packet =
      type === "xdp"
        ? fillXdp(memory, allocateXdp(memory, mostBytes), frame, context)
        : fillSkb(memory, allocateSkb(memory, mostBytes), frame, { ethernet, context });
    system.packets.set(packet.context, packet);
    return packet.context;
  }
  if (context === undefined || context.length === 0) return 0;
  const place = memory.allocate(context.length);
  memory.bytes.set(context, place);
  return place;
}

/** Runs a loaded program once; `createRunner()` is for many runs. */
export function runInVm(loaded: LoadedInVm, name: string, input: VmRunInput = {}): VmRunResult {
  const mark = loaded.memory.mark();
  const mostBytes = Math.max(64, input.data?.length ?? 0, input.context?.length ?? 0);
  const result = createRunner(loaded, name, { mostBytes }).run(input);
  loaded.memory.release(mark);
  return result;
}

function xdpRunner({ memory, system }: LoadedInVm, machine: Machine, mostBytes: number): VmRunner {
  const place: XdpPlace = allocateXdp(memory, mostBytes);
  return {
    frame: () => {
      const packet = system.packets.get(place.context);
      return packet === undefined ? new Uint8Array() : memory.bytes.slice(packet.data, packet.end);
    },
    run: ({ data, context } = {}) => {
      const packet = fillXdp(memory, place, frameOf(data, mostBytes), context);
      system.packets.set(place.context, packet);
      const returnValue = machine.run(place.context);
      return {
        returnValue,
        data: memory.bytes.slice(packet.meta, packet.end),
        context: xdpContext(memory, packet),
      };
    },
  };
}

/** As TEST_RUN gives it back: offsets in place of addresses. */
function xdpContext(memory: VmMemory, { context, meta, data, end }: VmPacket): Uint8Array {
  const copy = memory.bytes.slice(context, context + XDP_BYTES);
  const view = new DataView(copy.buffer);
  view.setUint32(0, data - meta, true);
  view.setUint32(4, end - meta, true);
  view.setUint32(8, 0, true);
  return copy;
}

function skbRunner(
  { memory, system }: LoadedInVm,
  machine: Machine,
  type: ProgramType,
  mostBytes: number,
): VmRunner {
  const place: SkbPlace = allocateSkb(memory, mostBytes);
  const ethernet = type === "sched_cls" || type === "sched_act";
  return {
    frame: () => {
      const packet = system.packets.get(place.context);
      return packet === undefined ? new Uint8Array() : wireFrame(memory, packet);
    },
    run: ({ data, context } = {}) => {
      const packet = fillSkb(memory, place, frameOf(data, mostBytes), { ethernet, context });
      system.packets.set(place.context, packet);
      const returnValue = machine.run(place.context);
      const body = memory.bytes.slice(packet.data, packet.end);
      // bpf_prog_test_run_skb() puts an empty Ethernet header before what had none.
      const framed = new Uint8Array(ETHERNET_BYTES + body.length);
      framed.set(body, ETHERNET_BYTES);
      return {
        returnValue,
        data: ethernet ? body : framed,
        context: skbContext(memory, packet, context ?? new Uint8Array()),
      };
    },
  };
}

const TAG_PLACE = 12;
const TAG_BYTES = 4;

function wireFrame({ bytes, view }: VmMemory, packet: VmPacket): Uint8Array {
  const frame = bytes.slice(Math.min(packet.mac, packet.data), packet.end);
  if (view.getUint32(packet.context + SKB.vlan_present, true) === 0) return frame;
  const tagged = new Uint8Array(frame.length + TAG_BYTES);
  tagged.set(frame.subarray(0, TAG_PLACE));
  tagged.set(frame.subarray(TAG_PLACE), TAG_PLACE + TAG_BYTES);
  const tag = new DataView(tagged.buffer, TAG_PLACE, TAG_BYTES);
  tag.setUint16(0, view.getUint32(packet.context + SKB.vlan_proto, true), true);
  tag.setUint16(2, view.getUint32(packet.context + SKB.vlan_tci, true), false);
  return tagged;
}

/** What was given, with the fields that a program may change. */
function skbContext(memory: VmMemory, packet: VmPacket, given: Uint8Array): Uint8Array {
  const copy = new Uint8Array(SKB_BYTES);
  copy.set(given.subarray(0, SKB_BYTES));
  for (const [offset, size] of SKB_GIVEN) {
    const at = packet.context + offset;
    copy.set(memory.bytes.subarray(at, at + size), offset);
  }
  return copy;
}

function plainRunner(memory: VmMemory, machine: Machine, mostBytes: number): VmRunner {
  const place = memory.allocate(mostBytes);
  return {
    frame: () => new Uint8Array(),
    run: ({ context = new Uint8Array() } = {}) => {
      if (context.length > mostBytes)
        throw new VmError(
          "argument",
          `Cannot run on a context of ${context.length} bytes: the runner was made for ${mostBytes}`,
        );
      memory.bytes.fill(0, place, place + mostBytes);
      memory.bytes.set(context, place);
      const returnValue = machine.run(context.length === 0 ? 0 : place);
      return {
        returnValue,
        data: new Uint8Array(),
        context: memory.bytes.slice(place, place + context.length),
      };
    },
  };
}

function frameOf(data: Uint8Array | undefined, mostBytes: number): Uint8Array {
  const length = data?.length ?? 0;
  if (data !== undefined && length >= ETHERNET_BYTES && length <= mostBytes) return data;
  throw new VmError(
    "argument",
    `Cannot run on a packet of ${length} bytes: give ${ETHERNET_BYTES} to ${mostBytes}, an Ethernet header first`,
  );
}
