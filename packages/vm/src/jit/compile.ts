import { PACKET_LOAD, type HelperTable } from "../helper/helper.ts";
import { MOST_MAY_GOTO } from "../interpreter/state.ts";
import type { VmMap } from "../map/map.ts";
import { PAGE_BYTES } from "../memory/layout.ts";
import { OPERATION, WORDS } from "../program/operation.ts";
import type { PreparedProgram } from "../program/prepare.ts";
import { findBlocks, type Block } from "./blocks.ts";
import { emitDispatch } from "./dispatch.ts";
import {
  constant32,
  constant64,
  GLOBAL,
  local,
  LOCAL,
  takeFuel,
  type EmittedLookup,
  type Emitter,
} from "./emitter.ts";
import { analyzeFlow } from "./flow.ts";
import type { Lookups } from "./lookups.ts";
import { emitStructured, goesBack } from "./structure.ts";
import { OP, TYPE } from "./wasm.ts";
import { createWriter, type Writer } from "./writer.ts";

/** What a module is made for. */
export interface CompileOptions {
  readonly helpers: HelperTable;
  /** Which maps lookups are likely to be for; see `findLookups()`. */
  readonly lookups: Lookups;
  /** Bytes of the memory that it will be given: its bounds are in the code. */
  readonly memorySize: number;
  /** One past the last byte that the program may write to. */
  readonly writableEnd: number;
  /**
   * The program is known not to leave its memory, from a verifier: addresses are cut to 32 bits and not checked. It
   * still cannot touch anything outside the memory, but it may touch anything in it, and errors do not name a place.
   */
  readonly trusted?: boolean;
  /** Lower every function by `br_table`, as irreducible ones are: for tests and benchmarks. */
  readonly dispatch?: boolean;
}

/** Numbers of helpers that a program calls and the machine has, ascending: the order of a module's imports. */
export function calledHelpers({ code }: PreparedProgram, helpers: HelperTable): number[] {
  const numbers = new Set<number>();
  for (let at = 0; at < code.length; at += WORDS) {
    const number = code[at + 3] ?? 0;
    const operation = code[at] ?? 0;
    if (operation === 0x85 && helpers.has(number)) numbers.add(number);
    const isPacketLoad = operation >= OPERATION.packet8 && operation <= OPERATION.packet32;
    if (isPacketLoad && helpers.has(PACKET_LOAD)) numbers.add(PACKET_LOAD);
  }
  return [...numbers].toSorted((a, b) => a - b);
}

/** Maps that compiled code asks through imported functions, in the order of the imports: all but arrays. */
export function askedMaps(lookups: Lookups): VmMap[] {
  const maps = new Set([...lookups.values()].map(({ map }) => map));
  return [...maps].filter(({ layout }) => layout === undefined);
}

// Indexes of the module's function types.
const ENTRY = 0; // (i32 ×3) → i32
const FUNCTION = 1; // (i64 ×5, i32) → i64
const HELPER = 2; // (i32 ×5) → i32
const STOPPER = 3; // (i32, i32, i64)
const BY_NUMBER = 4; // (i32 ×6) → i32
const LOOKUP = 5; // i32 → i32

const { i32, i64 } = TYPE;
const TYPES: readonly (readonly [parameters: readonly number[], results: readonly number[]])[] = [
  [[i32, i32, i32], [i32]],
  [[i64, i64, i64, i64, i64, i32], [i64]],
  [[i32, i32, i32, i32, i32], [i32]],
  [[i32, i32, i64], []],
  [[i32, i32, i32, i32, i32, i32], [i32]],
  [[i32], [i32]],
];

/**
 * Compiles a program to a WebAssembly module.
 *
 * ```
 * imports   vm.memory; vm.stop, vm.callByNumber; helper.<number> for each helper that is called; map.<n> for askedMaps()[n]
 * exports   run(r1, r2, frame) → low half of r0; call<slot>(r1, r2, r3, r4, frame) for each function that can be called back
 *           fuel, slot, frame, result: globals
 * ```
 */
export function compileProgram(program: PreparedProgram, options: CompileOptions): Uint8Array {
  const { helpers, memorySize, writableEnd, trusted = false, dispatch = false } = options;
  const numbers = calledHelpers(program, helpers);
  // Arrays are looked into by the code itself.
  const asked = askedMaps(options.lookups);
  const imported = 2 + numbers.length + asked.length;
  const lookups = new Map(
    [...options.lookups].map(([slot, { handle, map }]): [number, EmittedLookup] => [
      slot,
      {
        handle,
        keySize: map.spec.keySize,
        layout: map.layout,
        index: 2 + numbers.length + asked.indexOf(map),
      },
    ]),
  );
  const helperIndex = new Map(numbers.map((number, index) => [number, 2 + index]));
  const emitterOf = (out: Writer, burnsFuel: boolean): Emitter => ({
    program,
    out,
    memorySize,
    writableEnd,
    helpers,
    helperIndex,
    lookups,
    packetIndex: helperIndex.get(PACKET_LOAD),
    functionIndex: new Map(
      program.functions.map((slot, index) => [slot * WORDS, imported + index]),
    ),
    burnsFuel,
    trusted,
  });
  const bodies = program.functions.map((slot) => {
    const out = createWriter(4096);
    const blocks = findBlocks(program.code, slot * WORDS);
    compileFunction(emitterOf(out, canBurnFuel(program, blocks)), blocks, dispatch);
    return out;
  });
  const { callbacks, functions } = program;
  const indexOf = (slot: number): number => imported + functions.indexOf(slot);
  const entry = imported + functions.length;

  const module = createWriter(4096);
  module.bytes(Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0));
  section(module, 1, TYPES, (out, [parameters, results]) => {
    out.byte(0x60);
    list(out, parameters, (type) => {
      out.byte(type);
    });
    list(out, results, (type) => {
      out.byte(type);
    });
  });
  const imports = ["memory", "stop", "callByNumber", ...numbers, ...asked];
  section(module, 2, imports, (out, what) => {
    if (typeof what === "object") {
      out.name("map");
      out.name(String(asked.indexOf(what)));
      out.byte(0);
      out.u32(LOOKUP);
      return;
    }
    out.name(typeof what === "number" ? "helper" : "vm");
    out.name(String(what));
    if (what === "memory") {
      const pages = memorySize / PAGE_BYTES;
      out.byte(2);
      out.byte(1);
      out.u32(pages);
      out.u32(pages);
    } else {
      out.byte(0);
      out.u32(what === "stop" ? STOPPER : what === "callByNumber" ? BY_NUMBER : HELPER);
    }
  });
  const types = [...functions.map(() => FUNCTION), ENTRY, ...callbacks.map(() => HELPER)];
  section(module, 3, types, (out, type) => {
    out.u32(type);
  });
  section(module, 6, [i32, i32, i32, i64], (out, type) => {
    out.byte(type);
    out.byte(1);
    if (type === i32) constant32(out, 0);
    else constant64(out, 0);
    out.byte(OP.end);
  });
  const exports: [name: string, kind: number, index: number][] = [
    ["run", 0, entry],
    ...callbacks.map((slot, index): [string, number, number] => [
      `call${slot}`,
      0,
      entry + 1 + index,
    ]),
    ...Object.entries(GLOBAL).map(([name, index]): [string, number, number] => [name, 3, index]),
  ];
  section(module, 7, exports, (out, [name, kind, index]) => {
    out.name(name);
    out.byte(kind);
    out.u32(index);
  });
  const wrappers = [
    entryWrapper(indexOf(0)),
    ...callbacks.map((slot) => callbackWrapper(indexOf(slot))),
  ];
  section(module, 10, [...bodies, ...wrappers], (out, code) => {
    out.u32(code.length());
    out.bytes(code.view());
  });
  return module.view();
}

function canBurnFuel({ code, callbacks }: PreparedProgram, blocks: readonly Block[]): boolean {
  return blocks.some(({ first, last, successors }, from) => {
    if (successors.some((to) => goesBack(blocks, from, to))) return true;
    for (let at = first; at <= last; at += WORDS)
      if (code[at] === OPERATION.callLocal || (code[at] === 0x8d && callbacks.length > 0))
        return true;
    return false;
  });
}

function compileFunction(emitter: Emitter, blocks: readonly Block[], dispatch: boolean): void {
  const { out } = emitter;
  // r0, r6 to r9 and two of an instruction's own; label, fuel and the count of may_goto.
  list(out, [[7, TYPE.i64] as const, [3, TYPE.i32] as const], ([count, type]) => {
    out.u32(count);
    out.byte(type);
  });
  takeFuel(emitter);
  const { code } = emitter.program;
  if (blocks.some(({ last }) => code[last] === OPERATION.mayGoto)) {
    constant32(out, MOST_MAY_GOTO);
    local(out, OP.local_set, LOCAL.mayGoto);
  }
  const flow = analyzeFlow(blocks);
  if (flow.isReducible && !dispatch) emitStructured(emitter, blocks, flow);
  else emitDispatch(emitter, blocks);
  out.byte(OP.end);
}

function entryWrapper(index: number): Writer {
  const out = createWriter(32);
  out.u32(0);
  pushExtended(out, [0, 1]);
  for (let register = 3; register <= 5; register++) constant64(out, 0);
  local(out, OP.local_get, 2);
  local(out, OP.call, index);
  local(out, OP.global_set, GLOBAL.result);
  local(out, OP.global_get, GLOBAL.result);
  out.byte(OP.i32_wrap_i64);
  out.byte(OP.end);
  return out;
}

function callbackWrapper(index: number): Writer {
  const out = createWriter(32);
  out.u32(0);
  pushExtended(out, [0, 1, 2, 3]);
  constant64(out, 0);
  local(out, OP.local_get, 4);
  local(out, OP.call, index);
  out.byte(OP.i32_wrap_i64);
  out.byte(OP.end);
  return out;
}

function pushExtended(out: Writer, parameters: readonly number[]): void {
  for (const parameter of parameters) {
    local(out, OP.local_get, parameter);
    out.byte(OP.i64_extend_i32_u);
  }
}

function list<T>(out: Writer, items: readonly T[], write: (item: T) => void): void {
  out.u32(items.length);
  for (const item of items) write(item);
}

function section<T>(
  module: Writer,
  id: number,
  items: readonly T[],
  write: (out: Writer, item: T) => void,
): void {
  const out = createWriter(1024);
  list(out, items, (item) => {
    write(out, item);
  });
  module.byte(id);
  module.u32(out.length());
  module.bytes(out.view());
}
