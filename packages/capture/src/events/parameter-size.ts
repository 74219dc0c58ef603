import { PARAMETER } from "./event-table.ts";

const SIZES: ReadonlyMap<number, number> = new Map([
  ...sized(1, [
    PARAMETER.int8,
    PARAMETER.uint8,
    PARAMETER.flags8,
    PARAMETER.enum8,
    PARAMETER.sigtype,
  ]),
  ...sized(2, [
    PARAMETER.int16,
    PARAMETER.uint16,
    PARAMETER.flags16,
    PARAMETER.enum16,
    PARAMETER.syscallId,
    PARAMETER.port,
  ]),
  ...sized(4, [
    PARAMETER.int32,
    PARAMETER.uint32,
    PARAMETER.flags32,
    PARAMETER.enum32,
    PARAMETER.uid,
    PARAMETER.gid,
    PARAMETER.mode,
    PARAMETER.sigset,
    PARAMETER.fd32,
    PARAMETER.pid32,
    PARAMETER.bool,
    26,
  ]),
  ...sized(8, [
    PARAMETER.int64,
    PARAMETER.uint64,
    PARAMETER.reltime,
    PARAMETER.abstime,
    PARAMETER.errno,
    PARAMETER.fd,
    PARAMETER.pid,
  ]),
  ...sized(16, [38]),
]);

/** Bytes that a parameter of that type takes; undefined when each says itself how many. */
export function parameterSize(type: number): number | undefined {
  return SIZES.get(type);
}

function sized(bytes: number, types: readonly number[]): [number, number][] {
  return types.map((type) => [type, bytes]);
}
