// Open-coded iterators: `new` puts one on the stack, `next` gives a pointer or null, `destroy` takes it away.
import { describeKind, freshId, readRegister, type Analysis } from "./analysis.ts";
import { reject } from "./reject.ts";
import { constantScalar, isConstant, type Scalar } from "./scalar.ts";
import { slotOf } from "./stack.ts";
import {
  copyState,
  createSlot,
  currentFrame,
  type Frame,
  type SlotObject,
  type State,
} from "./state.ts";
import { previousRound, widen, type Store } from "./store.ts";
import { pointerTo, type Value } from "./value.ts";

/** Where an iterator lies. */
interface Place {
  readonly frame: Frame;
  readonly offset: number;
  /** The frame's number. */
  readonly number: number;
}

function placeOf(state: State, type: string, size: number): Place {
  const value = readRegister(state, 1);
  const fits =
    value.kind === "pointer" &&
    value.type === "stack" &&
    isConstant(value.variable) &&
    value.variable.value === 0n &&
    value.offset % 8 === 0 &&
    value.offset >= -512 &&
    value.offset + size <= 0;
  if (fits) {
    const frame = state.frames[value.frame];
    if (frame !== undefined) return { frame, offset: value.offset, number: value.frame };
  }
  return reject(
    "vm-verify-argument",
    `Argument 1 is ${describeKind(value)}: it takes the address of a ${type} on the stack`,
    "Declare the iterator as a local variable",
    [1],
  );
}

/** Starts an iterator of `size` bytes; the arguments after the first are `numbers` numbers. */
export function newIterator(state: State, type: string, size: number, numbers: number): undefined {
  const { frame, offset, number } = placeOf(state, type, size);
  for (let register = 2; register < 2 + numbers; register++) {
    const value = readRegister(state, register);
    if (value.kind !== "scalar")
      reject(
        "vm-verify-argument",
        `Argument ${register} is ${describeKind(value)}: it takes a number`,
        "Give it a number",
        [register],
      );
  }
  for (let at = offset; at < offset + size; at += 8) {
    if (frame.stack[slotOf(at)]?.object !== undefined)
      reject(
        "vm-verify-stack",
        "An iterator is started where another one is in use",
        "Destroy it first",
        [1],
      );
    put(frame, at, {
      kind: "iterator",
      type,
      id: 0,
      reference: 0,
      first: at === offset,
      active: true,
      depth: 0,
      readonly: false,
    });
  }
  state.held = [
    ...state.held,
    { id: heldId(number, offset), what: `Iterator ${type}`, instruction: state.instruction },
  ];
}

/** Negative, so that it is no other reference's: one for each place of each frame. */
function heldId(frame: number, offset: number): number {
  return -((frame + 1) * 1024 - offset);
}

function put(frame: Frame, at: number, object: SlotObject | undefined): void {
  frame.stack[slotOf(at)] = createSlot({
    spill: undefined,
    spillBytes: 0,
    zero: 0,
    misc: object === undefined ? 0xff : 0,
    object,
  });
}

function find(state: State, type: string): Place & { readonly object: SlotObject } {
  const place = placeOf(state, type, 8);
  const object = place.frame.stack[slotOf(place.offset)]?.object;
  if (object?.kind === "iterator" && object.type === type && object.first)
    return { ...place, object };
  return reject(
    "vm-verify-argument",
    `Argument 1 is the address of no ${type} that was started`,
    "Start the iterator first",
    [1],
  );
}

/** Moves an iterator on: on one path there is an element of so many bytes, on the other one it is at its end. */
export function nextIterator(
  analysis: Analysis,
  state: State,
  _store: Store,
  type: string,
  bytes: number,
): Value {
  const { offset, object } = find(state, type);
  const frameOf = (one: State): Frame => {
    const value = readRegister(one, 1);
    return (value.kind === "pointer" ? one.frames[value.frame] : undefined) ?? currentFrame(one);
  };
  if (object.active) {
    const more = copyState(state);
    put(frameOf(more), offset, { ...object, depth: object.depth + 1 });
    const before = previousRound(state, state.instruction);
    if (before !== undefined) widen(before, more);
    more.rounds += 1;
    const element = pointerTo("mem", { range: bytes, id: freshId(analysis) });
    const { registers } = currentFrame(more);
    for (let register = 1; register <= 5; register++) registers[register] = { kind: "unwritten" };
    registers[0] = element;
    more.instruction = state.instruction + 1;
    if (more.parent !== undefined) more.parent.branches += 1;
    analysis.waiting.push(more);
  }
  put(frameOf(state), offset, { ...object, active: false });
  const end: Scalar = constantScalar(0n);
  return end;
}

/** Ends an iterator. */
export function destroyIterator(state: State, type: string): undefined {
  const { frame, offset, number } = find(state, type);
  put(frame, offset, undefined);
  const id = heldId(number, offset);
  state.held = state.held.filter((held) => held.id !== id);
}
