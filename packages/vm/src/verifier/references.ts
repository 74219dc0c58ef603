// What a program holds and has to give back, and what becomes worthless when something changes.
import { freshId, type Analysis } from "./analysis.ts";
import { reject } from "./reject.ts";
import { constantScalar, unknownScalar } from "./scalar.ts";
import { mapValues, type State } from "./state.ts";
import { isPacketPointer, type Value } from "./value.ts";

/** Takes a reference; the id that stands for it. */
export function acquire(analysis: Analysis, state: State, what: string): number {
  const id = freshId(analysis);
  state.held = [...state.held, { id, what, instruction: state.instruction }];
  return id;
}

/** Gives a reference back: every copy of what it stood for becomes a number. */
export function release(state: State, id: number): void {
  state.held = state.held.filter((one) => one.id !== id);
  mapValues(state, (value): Value =>
    value.kind === "pointer" && value.reference === id ? unknownScalar() : value,
  );
}

/** Packet pointers are worthless once the packet may have moved. */
export function forgetPacket(state: State): void {
  mapValues(state, (value): Value => {
    const isPacket =
      value.kind === "pointer" && (isPacketPointer(value) || value.type === "packet-end");
    return isPacket ? unknownScalar() : value;
  });
}

/** What is known of pointers that may be null, once it is known whether those with an id are. */
export function settleNull(state: State, id: number, isNull: boolean): void {
  if (isNull) state.held = state.held.filter((one) => one.id !== id);
  mapValues(state, (value): Value => {
    if (value.kind !== "pointer" || !value.nullable || value.id !== id) return value;
    if (isNull) return constantScalar(0n);
    return notNull(value);
  });
}

/** A pointer that turned out not to be null. */
export function notNull(value: Extract<Value, { readonly kind: "pointer" }>): Value {
  const { map } = value;
  const settled = { ...value, nullable: false, id: value.reference };
  if (value.type !== "map-value" || map === undefined || value.offset !== 0) return settled;
  if (map.type === "array_of_maps" || map.type === "hash_of_maps")
    return { ...settled, type: "map", map: map.inner, mapId: value.id };
  if (map.type === "xskmap") return { ...settled, type: "xdp-sock", map: undefined };
  if (map.type === "sockmap" || map.type === "sockhash")
    return { ...settled, type: "socket", map: undefined };
  return settled;
}

/** Refuses to go where nothing may be held. */
export function checkNothingHeld(state: State, where: string): void {
  const [held] = state.held;
  if (held !== undefined)
    reject(
      "vm-verify-reference",
      `${held.what} is still held ${where}`,
      "Give it back on every path: submit or discard reservations, release sockets",
    );
  if (state.lock !== 0)
    reject("vm-verify-lock", `A spin lock is still held ${where}`, "Unlock it on every path");
  if (state.rcuDepth !== 0)
    reject("vm-verify-lock", `The RCU read lock is still held ${where}`, "Unlock it on every path");
  if (state.preemptDepth !== 0)
    reject("vm-verify-lock", `Preemption is still disabled ${where}`, "Enable it on every path");
}
