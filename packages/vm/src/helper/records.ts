import { VmError } from "../error.ts";
import { ERRNO, type VmMap, type VmRing } from "../map/map.ts";
import { PROCESSOR } from "../memory/layout.ts";
import type { VmSystem } from "../system/system.ts";
import {
  checkReadable,
  checkWritable,
  give64,
  helperTable,
  highArgument,
  wideArgument,
  type HelperDefinition,
} from "./define.ts";
import type { HelperTable } from "./helper.ts";

/** BPF_RB_NO_WAKEUP and BPF_RB_FORCE_WAKEUP: who takes records here is not asleep. */
const WAKE_UP_FLAGS = 3;
const CURRENT_PROCESSOR = 0xffff_ffffn;
const INDEX_MASK = 0xffff_ffffn;
const CONTEXT_LENGTH_MASK = 0xf_ffffn << 32n;
const STACK_SKIP_MASK = 0xff;
const USER_STACK = 1 << 8;
const STACK_FLAGS = STACK_SKIP_MASK | USER_STACK | (1 << 9) | (1 << 10);

/** Helpers that hand records and stacks to user space. */
export function recordHelpers(system: VmSystem): HelperTable {
  const { memory } = system;
  const { bytes } = memory;
  const ringOf = (handle: number): VmRing => {
    const { ring, spec } = system.mapOf(handle);
    if (ring !== undefined) return ring;
    throw new VmError(
      "helper",
      `Cannot use map "${spec.name}" as a ring buffer: it is of type ${spec.type}`,
    );
  };
  /** A record names its ring by nothing but its address. */
  const ringOfRecord = new Map<number, VmRing>();
  const end = (discard: boolean): HelperDefinition => ({
    result: "int",
    call: (_, record) => {
      const ring = ringOfRecord.get(record >>> 0);
      if (ring === undefined)
        throw new VmError(
          "helper",
          `Cannot submit 0x${(record >>> 0).toString(16)}: no record was reserved there`,
        );
      ring.submit(record >>> 0, discard);
      ringOfRecord.delete(record >>> 0);
      return 0;
    },
  });
  const output = (context: number, map: VmMap, flags: bigint, data: Uint8Array): number => {
    const { records, spec } = map;
    if (records === undefined)
      throw new VmError(
        "helper",
        `Cannot output to map "${spec.name}": it is of type ${spec.type}`,
      );
    if ((flags & ~(INDEX_MASK | CONTEXT_LENGTH_MASK)) !== 0n) return -ERRNO.EINVAL;
    const asked = flags & INDEX_MASK;
    const own = memory.words[PROCESSOR / 4] ?? 0;
    const processor = asked === CURRENT_PROCESSOR ? own : Number(asked);
    if (processor >= spec.maxEntries) return -ERRNO.E2BIG;
    // perf_event_output() writes on its own processor's event only.
    if (processor !== own) return -ERRNO.EOPNOTSUPP;
    const length = Number((flags & CONTEXT_LENGTH_MASK) >> 32n);
    const packet = system.packets.get(context >>> 0);
    const tail = packet?.read(0, length);
    if (length > 0 && tail === undefined) return -ERRNO.EFAULT;
    const whole = new Uint8Array(data.length + length);
    whole.set(data);
    if (tail !== undefined) whole.set(tail, data.length);
    records.push({ processor, bytes: whole });
    return 0;
  };
  const perf: HelperDefinition = {
    result: "int",
    wide: true,
    call: (_, context, handle, flags, data, size) => {
      checkReadable(memory, "a record", data, size >>> 0);
      const record = bytes.slice(data >>> 0, (data >>> 0) + (size >>> 0));
      return output(context, system.mapOf(handle), wideArgument(memory, 2, flags), record);
    },
  };
  return helperTable({
    ringbuf_output: {
      result: "int",
      wide: true,
      call: (_, handle, data, size, flags) => {
        checkReadable(memory, "a record", data, size >>> 0);
        const ring = ringOf(handle);
        if ((flags & ~WAKE_UP_FLAGS) !== 0 || highArgument(memory, 3) !== 0) return -ERRNO.EINVAL;
        const place = ring.reserve(size >>> 0);
        if (place === 0) return -ERRNO.EAGAIN;
        bytes.copyWithin(place, data >>> 0, (data >>> 0) + (size >>> 0));
        ring.submit(place, false);
        return 0;
      },
    },
    ringbuf_reserve: {
      result: "u32",
      wide: true,
      call: (_, handle, size, flags) => {
        const ring = ringOf(handle);
        if (flags !== 0 || highArgument(memory, 2) !== 0 || highArgument(memory, 1) !== 0) return 0;
        const place = ring.reserve(size >>> 0);
        if (place !== 0) ringOfRecord.set(place, ring);
        return place;
      },
    },
    ringbuf_submit: end(false),
    ringbuf_discard: end(true),
    ringbuf_query: {
      result: "u64",
      call: (_, handle, what) => give64(memory, BigInt(ringOf(handle).query(what))),
    },
    perf_event_output: perf,
    skb_output: perf,
    xdp_output: perf,
    get_stackid: {
      result: "int",
      wide: true,
      call: (_, _context, handle, flags) => {
        const map = system.mapOf(handle);
        if ((flags & ~STACK_FLAGS) !== 0 || highArgument(memory, 2) !== 0) return -ERRNO.EINVAL;
        const stack = system.stack((flags & USER_STACK) === 0 ? "kernel" : "user");
        return map.keepStack?.(stack.slice(flags & STACK_SKIP_MASK), flags) ?? -ERRNO.EINVAL;
      },
    },
    get_stack: {
      result: "int",
      wide: true,
      call: (_, _context, place, size, flags) => {
        const at = place >>> 0;
        checkWritable(memory, "a stack", at, size >>> 0);
        const known = STACK_SKIP_MASK | USER_STACK;
        bytes.fill(0, at, at + (size >>> 0));
        if ((flags & ~known) !== 0 || highArgument(memory, 3) !== 0 || (size & 7) !== 0)
          return -ERRNO.EINVAL;
        const stack = system
          .stack((flags & USER_STACK) === 0 ? "kernel" : "user")
          .slice(flags & STACK_SKIP_MASK)
          .slice(0, (size >>> 0) / 8);
        if (stack.length === 0) return -ERRNO.EFAULT;
        stack.forEach((address, index) => {
          memory.view.setBigUint64(at + index * 8, BigInt.asUintN(64, address), true);
        });
        return stack.length * 8;
      },
    },
  });
}
