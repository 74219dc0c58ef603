import type { BpfSock, TcpSock } from "./contexts.ts";
import { outside } from "./outside.ts";
import type { Tc, Xdp } from "./programs.ts";
import type { Addr, CharBuf, i32, i64, u32, u64, UserPtr } from "./types.ts";
import type { task_struct } from "./vmlinux.ts";

/** Nanoseconds since boot, with time in suspend. Linux 5.8. */
export function ktimeBootNs(): u64 {
  return outside("ktimeBootNs");
}
/** The kernel's clock ticks since boot. Linux 5.5. */
export function jiffies(): u64 {
  return outside("jiffies");
}
/** The group of the process. */
export function gid(): u32 {
  return outside("gid");
}
/** The memory node of the processor that runs the program. */
export function numaNode(): u32 {
  return outside("numaNode");
}
/** The cgroup (v2) of the current process. Linux 4.18. */
export function cgroupId(): u64 {
  return outside("cgroupId");
}
/** The cgroup of the current process at a level, the root being 0. Linux 5.6. */
export function ancestorCgroupId(level: i32): u64 {
  return outside("ancestorCgroupId", level);
}
/** The running thread, whose members are read by a helper. */
export function currentTask(): task_struct {
  return outside("currentTask");
}
/** The running thread as a pointer that the verifier knows: plain loads, task storage. Linux 5.11. */
export function currentTaskBtf(): task_struct {
  return outside("currentTaskBtf");
}
/** Sends a signal to the current process: 0, or a negative error. Linux 5.3. */
export function sendSignal(signal: u32): i32 {
  return outside("sendSignal", signal);
}
/** Sends a signal to the current thread: 0, or a negative error. Linux 5.5. */
export function sendSignalThread(signal: u32): i32 {
  return outside("sendSignalThread", signal);
}
/** Lets the probed function return this at once, where the kernel allows errors to be injected. For kprobes. Linux 4.16. */
export function overrideReturn(value: i64): void {
  return outside("overrideReturn", value);
}
/** Writes the kernel's stack, return addresses from the innermost on: how many bytes, or a negative error. Linux 4.18. */
export function kernelStack(into: readonly u64[]): i32 {
  return outside("kernelStack", into);
}
/** Writes the stack in user space: how many bytes, or a negative error. Linux 4.18. */
export function userStack(into: readonly u64[]): i32 {
  return outside("userStack", into);
}
/** Writes the kernel stack of a task: how many bytes, or a negative error. Linux 5.9. */
export function taskStack(task: object, into: readonly u64[]): i32 {
  return outside("taskStack", task, into);
}
/** Writes the path of a `struct path` that a BTF pointer leads to: its length with the NUL, or a negative error. Linux 5.10. */
export function dPath(into: CharBuf<number>, path: object): i32 {
  return outside("dPath", into, path);
}
/** The address of the function that the program is attached to. Linux 5.15. */
export function functionIp(): u64 {
  return outside("functionIp");
}
/** The number that attaching gave the link. Linux 5.15. */
export function attachCookie(): u64 {
  return outside("attachCookie");
}
/** Copies as many bytes of the kernel as the buffer or record has: 0, or a negative error. Linux 5.5. */
export function readKernel(into: object, from: Addr | object): i32 {
  return outside("readKernel", into, from);
}
/** Writes into the memory of the current process, which nobody but a debugger should: 0, or a negative error. */
export function writeUser(to: UserPtr<unknown>, from: object): i32 {
  return outside("writeUser", to, from);
}
/** Copies from user space and waits for pages that are not there; for sleepable programs. Linux 5.10. */
export function copyFromUser(into: object, from: UserPtr<unknown>): i32 {
  return outside("copyFromUser", into, from);
}
/** Sends the packet to another device; the result is the verdict to return. */
export function redirect(ifindex: u32, flags?: u64): Xdp & Tc {
  return outside("redirect", ifindex, flags);
}
/** Sends the packet to the other end of a veth pair, in its network namespace; the result is the verdict. Linux 5.10. */
export function redirectPeer(ifindex: u32, flags?: u64): Tc {
  return outside("redirectPeer", ifindex, flags);
}
/** Sends the packet to a device, with addresses of its neighbour; the result is the verdict. Linux 5.10. */
export function redirectNeigh(ifindex: u32): Tc {
  return outside("redirectNeigh", ifindex);
}
/** The checksum of what changes when `from` becomes `to`; sizes are multiples of 4. */
export function csumDiff(from: object, to: object, seed?: u32): i64 {
  return outside("csumDiff", from, to, seed);
}
/** The TCP connection of a socket; `undefined` for others. Linux 5.1. */
export function tcpSock(sk: Readonly<BpfSock>): Readonly<TcpSock> | undefined {
  return outside("tcpSock", sk);
}
/** The whole socket of one that may only be a request; `undefined` where there is none. Linux 5.1. */
export function fullSock(sk: Readonly<BpfSock>): Readonly<BpfSock> | undefined {
  return outside("fullSock", sk);
}
/** Says what the system call returns that a program of a cgroup denies: 0, or a negative error. Linux 5.18. */
export function setRetval(value: i32): i32 {
  return outside("setRetval", value);
}
/** What the system call would return as things are. Linux 5.18. */
export function getRetval(): i32 {
  return outside("getRetval");
}
/** Writes text into a buffer: up to twelve values in `${}`; its length with the NUL, or a negative error. Linux 5.13. */
export function snprintf(into: CharBuf<number>, text: string): i32 {
  return outside("snprintf", into, text);
}
