import type { KernelStructs } from "./hooks.ts";
import { outside } from "./outside.ts";
import type { Schema } from "./schema.ts";
import type { Addr, CharBuf, i32, u32, u64, u8, UserPtr } from "./types.ts";

/** An address in user space, of a register or another number that is known to hold one. */
export function userPtr(address: u64): UserPtr<"char"> {
  return outside("userPtr", address);
}
/**
 * A window of `length` bytes of a buffer, `length` being a constant. One that would reach beyond the end begins so much
 * earlier that it ends there.
 */
export function slice<L extends number>(
  buffer: CharBuf<number>,
  offset: u32,
  length: L,
): CharBuf<L> {
  return outside("slice", buffer, offset, length);
}
/**
 * Copies `size` bytes from user space, at most as many as the buffer has, or all of those when `size` is not given. Gives 0,
 * or a negative error when they cannot be read.
 */
export function readUser(
  into: CharBuf<number> | readonly u8[],
  from: UserPtr<unknown>,
  size?: u32,
): i32 {
  return outside("readUser", into, from, size);
}
/** Copies a string from the kernel; gives its length with the NUL, or a negative error. */
export function readKernelStr(into: CharBuf<number>, from: Addr | CharBuf<number>): i32 {
  return outside("readKernelStr", into, from);
}
/** A number from user space; 0 when it cannot be read. */
export function readUserAs<T>(schema: Schema<T>, from: UserPtr<unknown>): T {
  return outside("readUserAs", schema, from);
}
/** Where a struct of the kernel, or a member of one, lies: a key that tells sockets, tasks and requests apart. */
export function addrOf(place: object): u64 {
  return outside("addrOf", place);
}
/**
 * What lies at an address, as a struct of the kernel: `kernelStruct("tcp_sock", sk)`. Its members are read by a helper; nothing
 * checks that the address leads to such a struct.
 */
export function kernelStruct<K extends keyof KernelStructs>(
  name: K,
  from: Addr | u64 | object,
): KernelStructs[K] {
  return outside("kernelStruct", name, from);
}
