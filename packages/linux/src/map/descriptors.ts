import { LinuxError } from "../error.ts";
import type { Fd } from "../fd.ts";
import type { Access } from "../pin/pin.ts";
import type { BpfMap } from "./map.ts";
import { openMapById } from "./open.ts";

/** Something that a map holds by descriptor: a `BpfMap`, a program, a link's socket. */
export interface Holdable {
  readonly fd: Fd;
}

/** A key of 4 bytes: an index. */
export function indexKey(index: number): Uint8Array {
  return new Uint8Array(Uint32Array.of(index).buffer);
}

function keyBytes(key: Uint8Array | number): Uint8Array {
  return typeof key === "number" ? indexKey(key) : key;
}

/**
 * Puts an object into a map that holds objects: maps into maps of maps, programs into prog arrays, perf events, cgroups
 * and sockets into theirs. The map keeps it alive. A plain number is a descriptor, for sockets and files. A map of maps
 * takes only maps like its inner one; throws `invalid` otherwise.
 */
export function putObject(
  map: BpfMap,
  key: Uint8Array | number,
  object: Holdable | number,
  flags = 0,
): void {
  const fd = typeof object === "number" ? object : object.fd.value;
  // Maps of sockets may have values of 8 bytes, so that a lookup can give the socket's cookie.
  const value = new Uint8Array(map.copySize);
  new DataView(value.buffer).setUint32(0, fd, true);
  map.update(keyBytes(key), value, flags);
}

/** The id of the object at a key: of a map, a program; `undefined` when there is none. */
export function objectIdAt(map: BpfMap, key: Uint8Array | number): number | undefined {
  const value = map.lookup(keyBytes(key));
  if (value === undefined) return undefined;
  return new DataView(value.buffer, value.byteOffset, value.length).getUint32(0, true);
}

/**
 * Opens the inner map at a key of a map of maps; `undefined` when there is none, also when it was replaced meanwhile.
 * Needs CAP_SYS_ADMIN. The caller disposes of it.
 */
export function openInnerMap(
  map: BpfMap,
  key: Uint8Array | number,
  access: Access = "read-write",
): BpfMap | undefined {
  for (let attempt = 0; attempt < 8; attempt += 1) {
    const id = objectIdAt(map, key);
    if (id === undefined) return undefined;
    try {
      return openMapById(map.kernel, id, access);
    } catch (error) {
      // Replaced between the two calls: ask for its successor.
      if (!(error instanceof LinuxError) || error.code !== "not-found") throw error;
    }
  }
  return undefined;
}
