import type { Code } from "./code.ts";
import { pointerTo, UNWRITTEN, type Pointer, type Value } from "./value.ts";
import type { Scalar } from "./scalar.ts";

/** Slots of 8 bytes in a frame. */
export const FRAME_SLOTS = 64;
/** Bytes of a frame. */
export const FRAME_BYTES = 512;
/** Functions that may be active at once. */
export const MOST_FRAMES = 8;

/** What lies in a slot as an object of the kernel's: it may only be used through the functions that made it. */
export interface SlotObject {
  readonly kind: "dynptr" | "iterator";
  /** The type: `local`, `ringbuf`, `skb`, `xdp` of dynptrs; of iterators the name of the struct. */
  readonly type: string;
  /** Identity; for those that hold something the reference as well. */
  readonly id: number;
  readonly reference: number;
  /** Whether this is the slot at the lowest address. */
  readonly first: boolean;
  /** Of iterators: whether it may give more, and how often it has. Of dynptrs: whether it is read-only. */
  readonly active: boolean;
  readonly depth: number;
  readonly readonly: boolean;
}

/**
 * Eight bytes of a frame. Immutable, but for `read`. Bit n of a mask is the byte at n; bytes in none of the three were never
 * written.
 *
 *     bytes 0 … spillBytes - 1   belong to `spill`, a register that was stored there
 *     zero                       hold 0
 *     misc                       hold anything
 */
export interface Slot {
  readonly spill: Scalar | Pointer | undefined;
  readonly spillBytes: number;
  readonly zero: number;
  readonly misc: number;
  readonly object: SlotObject | undefined;
  /** Something on the way on read it: states are compared by it. */
  read: boolean;
  /** The slot that this one still has bytes of: read when this is. Dropped once it is. */
  origin: Slot | undefined;
}

/** How a function came to be called by a helper rather than by an instruction. */
export interface CallbackFrame {
  readonly helper: string;
  /** What it may return. */
  readonly min: bigint;
  readonly max: bigint;
  /** Runs on its own, long after the caller has gone. */
  readonly async: boolean;
}

/** An active function. Whoever owns the state may change the arrays' elements. */
export interface Frame {
  /** r0 to r10. */
  readonly registers: Value[];
  /** Slot 0 is the one next to r10; `undefined` where nothing was written. */
  readonly stack: (Slot | undefined)[];
  /** The instruction that called it, -1 for the first. */
  readonly caller: number;
  /** Index into the program's functions. */
  readonly function: number;
  readonly callback: CallbackFrame | undefined;
  /** How often a helper that it is calling has called back. */
  callbacks: number;
}

/** Something that has to be given back. */
export interface Held {
  readonly id: number;
  /** What it is, in words, and the instruction that took it. */
  readonly what: string;
  readonly instruction: number;
}

/** A decision on the way to a state, newest first. */
export interface PathStep {
  readonly before: PathStep | undefined;
  readonly instruction: number;
  readonly taken: boolean;
}

/** Where the analysis stands on one path. */
export interface State {
  frames: Frame[];
  instruction: number;
  held: readonly Held[];
  /** What spin lock is held, as an id, 0 for none. */
  lock: number;
  rcuDepth: number;
  preemptDepth: number;
  /** How often callbacks, iterators and `may_goto` have gone round on this path. */
  rounds: number;
  path: PathStep | undefined;
  /** The newest stored state on the way here. */
  parent: StoredState | undefined;
}

/** A state that paths which come to the same instruction are compared with. */
export interface StoredState extends State {
  /** Paths from here that are not at their end yet; 0 once everything that follows is verified. */
  branches: number;
  /** How many stored states came before it on its path. */
  readonly depth: number;
  /** The outermost state that something after this one came back to. */
  loop: StoredState | undefined;
  hits: number;
  misses: number;
}

/** The innermost active function. */
export function currentFrame(state: State): Frame {
  const frame = state.frames[state.frames.length - 1];
  if (frame === undefined) throw new TypeError("A state has a frame");
  return frame;
}

/** A frame at its function's first instruction: all registers unwritten, nothing on its stack. */
export function newFrame(
  caller: number,
  functionIndex: number,
  number: number,
  callback?: CallbackFrame,
): Frame {
  const registers: Value[] = Array.from({ length: 11 }, () => UNWRITTEN);
  registers[10] = pointerTo("stack", { frame: number });
  const stack = Array.from<undefined, Slot | undefined>({ length: FRAME_SLOTS }, () => undefined);
  return { registers, stack, caller, function: functionIndex, callback, callbacks: 0 };
}

/** The state in which a function begins that nobody called. */
export function newState(code: Code, functionIndex: number): State {
  return {
    frames: [newFrame(-1, functionIndex, 0)],
    instruction: code.functions[functionIndex]?.start ?? 0,
    held: [],
    lock: 0,
    rcuDepth: 0,
    preemptDepth: 0,
    rounds: 0,
    path: undefined,
    parent: undefined,
  };
}

/** A state of its own that begins like another. */
export function copyState(state: State): State {
  return { ...state, frames: state.frames.map(copyFrame) };
}

function copyFrame(frame: Frame): Frame {
  return { ...frame, registers: frame.registers.slice(), stack: frame.stack.slice() };
}

/** Changes every value in registers and spilled ones: `change` gives the same value where there is nothing to do. */
export function mapValues(state: State, change: (value: Scalar | Pointer) => Value): void {
  for (const { registers, stack } of state.frames) {
    for (let index = 0; index < 10; index++) {
      const value = registers[index];
      if (value !== undefined && value.kind !== "unwritten") registers[index] = change(value);
    }
    for (let index = 0; index < stack.length; index++) {
      const slot = stack[index];
      if (slot?.spill === undefined) continue;
      const changed = change(slot.spill);
      if (changed === slot.spill) continue;
      stack[index] = withSpill(slot, changed);
    }
  }
}

/** A spilled value that changed. Who reads the new one reads the old one: they are the same bytes. */
function withSpill(slot: Slot, value: Value): Slot {
  if (value.kind !== "unwritten") return createSlot({ ...slot, spill: value }, slot);
  const lost = (1 << slot.spillBytes) - 1;
  return createSlot({ ...slot, spill: undefined, spillBytes: 0, misc: slot.misc | lost }, slot);
}

/** A slot; what reads it reads `origin` as well. */
export function createSlot(fields: Omit<Slot, "read" | "origin">, origin?: Slot): Slot {
  return {
    spill: fields.spill,
    spillBytes: fields.spillBytes,
    zero: fields.zero,
    misc: fields.misc,
    object: fields.object,
    read: false,
    origin,
  };
}

/** Remembers that something read a slot. */
export function markRead(slot: Slot): void {
  let one: Slot | undefined = slot;
  while (one !== undefined && !one.read) {
    one.read = true;
    reads += 1;
    const { origin }: Slot = one;
    one.origin = undefined;
    one = origin;
  }
}

let reads = 0;

/** Grows with every slot that is marked as read. */
export function slotReads(): number {
  return reads;
}
