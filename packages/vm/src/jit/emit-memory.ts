import { FLOOR, FRAME_BYTES } from "../memory/layout.ts";
import { OPERATION } from "../program/operation.ts";
import {
  access,
  constant32,
  constant64,
  local,
  LOCAL,
  push32,
  push64,
  set64,
  stop,
  STOP,
  type Emitter,
} from "./emitter.ts";
import { OP, TYPE } from "./wasm.ts";

const LOADS: ReadonlyMap<number, readonly [opcode: number, width: number]> = new Map([
  [0x71, [OP.i64_load8_u, 1]],
  [0x69, [OP.i64_load16_u, 2]],
  [0x61, [OP.i64_load32_u, 4]],
  [0x79, [OP.i64_load, 8]],
  [0x91, [OP.i64_load8_s, 1]],
  [0x89, [OP.i64_load16_s, 2]],
  [0x81, [OP.i64_load32_s, 4]],
]);

const STORES: ReadonlyMap<number, readonly [opcode: number, width: number]> = new Map([
  [0x73, [OP.i64_store8, 1]],
  [0x6b, [OP.i64_store16, 2]],
  [0x63, [OP.i64_store32, 4]],
  [0x7b, [OP.i64_store, 8]],
]);

/** Emits a load, a store or an atomic operation; `false` if it is none. */
export function emitMemory(
  emitter: Emitter,
  slot: number,
  operation: number,
  dst: number,
  src: number,
  argument: number,
): boolean {
  const { out } = emitter;
  const load = LOADS.get(operation);
  if (load !== undefined) {
    const [opcode, width] = load;
    const offset = pushAddress(emitter, slot, src, argument, width, emitter.memorySize);
    access(out, opcode, offset);
    set64(emitter, dst);
    return true;
  }
  const store = STORES.get(operation);
  if (store !== undefined) {
    const [opcode, width] = store;
    const offset = pushAddress(emitter, slot, dst, argument, width, emitter.writableEnd);
    push64(emitter, src);
    access(out, opcode, offset);
    return true;
  }
  if (operation === OPERATION.storeQueue) {
    emitQueue(emitter, slot, dst, src, argument);
    return true;
  }
  if (operation !== 0xc3 && operation !== 0xdb) return false;
  const is64 = operation === 0xdb;
  checkAddress(emitter, slot, dst, argument >> 16, is64 ? 8 : 4, emitter.writableEnd);
  emitAtomic(emitter, is64, argument & 0xffff, src);
  return true;
}

/** Pushes an address as i32 and gives the offset that the access has to add. */
function pushAddress(
  emitter: Emitter,
  slot: number,
  base: number,
  offset: number,
  width: number,
  end: number,
): number {
  const { out, trusted } = emitter;
  // The own frame is always there.
  if (base === 20 && offset >= -FRAME_BYTES && offset <= -width) {
    local(out, OP.local_get, LOCAL.frame);
    constant32(out, offset);
    out.byte(OP.i32_add);
    return 0;
  }
  if (!trusted) {
    checkAddress(emitter, slot, base, offset, width, end);
    local(out, OP.local_get, LOCAL.address);
    out.byte(OP.i32_wrap_i64);
    return 0;
  }
  push32(emitter, base);
  if (offset >= 0) return offset;
  constant32(out, offset);
  out.byte(OP.i32_add);
  return 0;
}

/** Leaves base + offset in the local `address`, or stops when not all bytes there are the program's. */
function checkAddress(
  emitter: Emitter,
  slot: number,
  base: number,
  offset: number,
  width: number,
  end: number,
): void {
  const { out } = emitter;
  push64(emitter, base);
  if (offset !== 0) {
    constant64(out, offset);
    out.byte(OP.i64_add);
  }
  local(out, OP.local_tee, LOCAL.address);
  // address - FLOOR > size - width - FLOOR, unsigned, says too low and too high at once.
  constant64(out, FLOOR);
  out.byte(OP.i64_sub);
  constant64(out, end - width - FLOOR);
  out.byte(OP.i64_gt_u);
  out.byte(OP.if);
  out.byte(TYPE.void);
  stop(emitter, STOP.outside, slot, () => {
    local(out, OP.local_get, LOCAL.address);
  });
  out.byte(OP.end);
}

// net/core/filter.c, bpf_convert_ctx_access(): NO_QUEUE_MAPPING and more are left out.
function emitQueue(
  emitter: Emitter,
  slot: number,
  dst: number,
  src: number,
  argument: number,
): void {
  const { out } = emitter;
  push64(emitter, src);
  constant64(out, 0xffff);
  out.byte(OP.i64_lt_u);
  out.byte(OP.if);
  out.byte(TYPE.void);
  const offset = pushAddress(emitter, slot, dst, argument, 2, emitter.writableEnd);
  push64(emitter, src);
  access(out, OP.i64_store16, offset);
  out.byte(OP.end);
}

const COMBINE: ReadonlyMap<number, number> = new Map([
  [0x00, OP.i64_add],
  [0x40, OP.i64_or],
  [0x50, OP.i64_and],
  [0xa0, OP.i64_xor],
]);

// One thread uses the memory, so that load, change and store are one step for everybody who looks.
function emitAtomic(emitter: Emitter, is64: boolean, kind: number, src: number): void {
  const { out } = emitter;
  const pushPlace = (): void => {
    local(out, OP.local_get, LOCAL.address);
    out.byte(OP.i32_wrap_i64);
  };
  const store = (): void => {
    access(out, is64 ? OP.i64_store : OP.i64_store32);
  };
  pushPlace();
  access(out, is64 ? OP.i64_load : OP.i64_load32_u);
  local(out, OP.local_set, LOCAL.old);
  if (kind === 0xf1) {
    local(out, OP.local_get, LOCAL.old);
    if (!is64) out.byte(OP.i32_wrap_i64);
    if (is64) push64(emitter, 0);
    else push32(emitter, 0);
    out.byte(is64 ? OP.i64_eq : OP.i32_eq);
    out.byte(OP.if);
    out.byte(TYPE.void);
    pushPlace();
    push64(emitter, src);
    store();
    out.byte(OP.end);
    local(out, OP.local_get, LOCAL.old);
    set64(emitter, 0);
    return;
  }
  pushPlace();
  const combine = COMBINE.get(kind & 0xf0);
  if (combine !== undefined) local(out, OP.local_get, LOCAL.old);
  push64(emitter, src);
  if (combine !== undefined) out.byte(combine);
  store();
  if ((kind & 1) === 0) return;
  local(out, OP.local_get, LOCAL.old);
  set64(emitter, src);
}
