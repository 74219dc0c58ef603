import { ERRNO } from "../map/map.ts";
import type { VmSystem } from "../system/system.ts";
import {
  checkReadable,
  checkWritable,
  helperTable,
  wideArgument,
  type HelperDefinition,
} from "./define.ts";
import type { HelperTable } from "./helper.ts";

type Space = "kernel" | "user" | "either";

/** `probe_read` and its kin, over the system's memory: what faults is zeroed and gives `-EFAULT`. */
export function probeHelpers(system: VmSystem): HelperTable {
  const { memory } = system;
  const { bytes } = memory;
  const read = (space: Space): HelperDefinition => ({
    result: "int",
    wide: true,
    call: (_, place, size, source) => {
      const to = place >>> 0;
      checkWritable(memory, "what is read", to, size >>> 0);
      const found = system.read(
        wideArgument(memory, 2, source),
        size >>> 0,
        sideOf(space, wideArgument(memory, 2, source)),
      );
      if (found === undefined) {
        bytes.fill(0, to, to + (size >>> 0));
        return -faultOf(space, wideArgument(memory, 2, source));
      }
      bytes.set(found.subarray(0, size >>> 0), to);
      return 0;
    },
  });
  const readText = (space: Space): HelperDefinition => ({
    result: "int",
    wide: true,
    call: (_, place, size, source) => {
      const to = place >>> 0;
      const room = size >>> 0;
      checkWritable(memory, "a text", to, room);
      if (room === 0) return 0;
      const text = readUpToZero(system, wideArgument(memory, 2, source), room, space);
      if (text === undefined) {
        bytes.fill(0, to, to + room);
        return -faultOf(space, wideArgument(memory, 2, source));
      }
      // Too long a text is cut, and ends with a zero all the same.
      const length = Math.min(text.length, room - 1);
      bytes.set(text.subarray(0, length), to);
      bytes[to + length] = 0;
      return length + 1;
    },
  });
  return helperTable({
    probe_read: read("either"),
    probe_read_kernel: read("kernel"),
    probe_read_user: read("user"),
    copy_from_user: read("user"),
    copy_from_user_task: read("user"),
    probe_read_str: readText("either"),
    probe_read_kernel_str: readText("kernel"),
    probe_read_user_str: readText("user"),
    probe_write_user: {
      result: "int",
      wide: true,
      call: (_, destination, source, size) => {
        checkReadable(memory, "what is written", source, size >>> 0);
        const from = source >>> 0;
        const data = bytes.slice(from, from + (size >>> 0));
        const written = system.writeMemory(wideArgument(memory, 0, destination), data);
        return written ? 0 : -ERRNO.EPERM;
      },
    },
  });
}

/** Where the user's half of the address space ends on x86-64. */
const USER_END = 0x8000_0000_0000n;

/** The kernel's reads refuse the user's addresses as out of range (copy_from_kernel_nofault_allowed()); what is not there faults. */
function faultOf(space: Space, address: bigint): number {
  return space === "kernel" && address < USER_END ? ERRNO.ERANGE : ERRNO.EFAULT;
}

/** `probe_read()` of old goes by the address. */
function sideOf(space: Space, address: bigint): "kernel" | "user" {
  if (space !== "either") return space;
  return address < USER_END ? "user" : "kernel";
}

/** The bytes before the first zero, or as many as there is room for; `undefined` when memory ends before either. */
export function readUpToZero(
  system: VmSystem,
  address: bigint,
  room: number,
  asked: Space,
): Uint8Array | undefined {
  const space = sideOf(asked, address);
  const whole = system.read(address, room, space);
  if (whole !== undefined) {
    const end = whole.indexOf(0);
    return end === -1 ? whole : whole.subarray(0, end);
  }
  const found: number[] = [];
  while (found.length < room) {
    const byte = system.read(address + BigInt(found.length), 1, space)?.[0];
    if (byte === undefined) return undefined;
    if (byte === 0) break;
    found.push(byte);
  }
  return Uint8Array.from(found);
}
