import { outside } from "./outside.ts";
import type { be16, be32, CharBuf, i32, u16, u32, u64, UserPtr } from "./types.ts";

/** Nanoseconds since boot, without time in suspend. */
export function ktimeNs(): u64 {
  return outside("ktimeNs");
}
/** The process, as user space counts it. */
export function pid(): u32 {
  return outside("pid");
}
/** The thread. */
export function tid(): u32 {
  return outside("tid");
}
/** The user. */
export function uid(): u32 {
  return outside("uid");
}
/** The processor that runs the program. */
export function cpu(): u32 {
  return outside("cpu");
}
/** A number that nobody can guess. */
export function random(): u32 {
  return outside("random");
}
/** Writes the thread's name. */
export function comm(into: CharBuf<16>): void {
  return outside("comm", into);
}
/** The thread's name. */
export function currentComm(): CharBuf<16> {
  return outside("currentComm");
}
/** Copies a string from user space; gives its length with the NUL, or a negative error. */
export function readUserStr(into: CharBuf<number>, from: UserPtr<"char">): i32 {
  return outside("readUserStr", into, from);
}
/** Writes a line to the kernel's trace pipe: up to three numbers in `${}`. For debugging only. */
export function printk(text: string): void {
  return outside("printk", text);
}
// A value in network order is, outside of the kernel, the number that its bytes make in the machine's own order. So turning it
// works on both sides.
const turn16 = (raw: number): number => ((raw & 0xff) << 8) | ((raw >>> 8) & 0xff);
const turn32 = (raw: number): number =>
  ((turn16(raw & 0xffff) << 16) | turn16((raw >>> 16) & 0xffff)) >>> 0;

/** From network to host order. */
export function ntohs(value: be16): u16 {
  return turn16(Number(value));
}
/** From network to host order. */
export function ntohl(value: be32): u32 {
  return turn32(Number(value));
}
/** From host to network order. */
export function htons(value: u16): be16 {
  // The brand is only for the type checker, which shall not take one order for the other.
  return turn16(value) as unknown as be16;
}
/** From host to network order. */
export function htonl(value: u32): be32 {
  return turn32(value) as unknown as be32;
}
/** The quotient without its fraction; 0 when the divisor is 0, as on the BPF machine. */
export function idiv(dividend: number, divisor: number): number {
  return divisor === 0 ? 0 : Math.trunc(dividend / divisor);
}
/**
 * The numbers from 0 to `count` - 1, up to 8,388,608 of them: the kernel counts, and calls the body of the loop as a function.
 * Linux 5.17; `range()` works everywhere.
 */
export function* loop(count: u32): Iterable<u32> {
  for (let index = 0; index < count; index += 1) yield index;
}
/** The numbers from 0 to `count` - 1, at most `max` of them. */
export function* range(count: number, options: { readonly max?: number } = {}): Iterable<u32> {
  const end = Math.min(count, options.max ?? count);
  for (let index = 0; index < end; index += 1) yield index;
}
