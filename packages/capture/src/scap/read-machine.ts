import { decodeTerminated } from "../text/decode-text.ts";
import { Cursor } from "./cursor.ts";
import type { MachineInfo } from "./entries.ts";

const HOSTNAME_BYTES = 128;

/** Reads the body of a machine block; undefined when it is too short. */
export function readMachine(
  bytes: Uint8Array,
  start: number,
  end: number,
): MachineInfo | undefined {
  const cursor = new Cursor(bytes, start, end);
  const cpus = cursor.u32();
  const memoryBytes = cursor.u64();
  const maxPid = cursor.u64();
  const name = cursor.bytes(HOSTNAME_BYTES);
  const bootNs = cursor.bigU64();
  const flags = cursor.u64();
  if (cursor.failed) return undefined;
  return {
    cpus,
    memoryBytes,
    maxPid,
    hostname: decodeTerminated(name, 0, name.length),
    bootNs,
    flags,
  };
}
