// Calls of helpers: whether the program may, whether the arguments are what the helper takes, and what it leaves.
import { helperName, type Helper, type Instruction, type MapSpec } from "@ocelli/bpf";

import { freshId, readRegister, type Analysis } from "./analysis.ts";
import { callBack } from "./callbacks.ts";
import { checkArgument, type HelperCall } from "./check-argument.ts";
import { kindsThatMayCall, mayCall } from "./helper-availability.ts";
import type { ProgramKind } from "./kind.ts";
import { prototypeOf, readPrototype, type Prototype } from "./prototypes.ts";
import { acquire, forgetPacket, release } from "./references.ts";
import { reject } from "./reject.ts";
import { rangedScalar, unknownScalar } from "./scalar.ts";
import { constantOnStack } from "./stack.ts";
import { currentFrame, type State } from "./state.ts";
import { pointerTo, POINTER_FLAG, UNWRITTEN, type Pointer, type Value } from "./value.ts";

/** Follows a call of a helper. */
export function checkHelper(analysis: Analysis, state: State, instruction: Instruction): void {
  if (analysis.environment.helpers?.has(instruction.imm) === true)
    return clearAfterCall(state, unknownScalar());
  const prototype = findPrototype(analysis, instruction.imm);
  const call: HelperCall = {
    prototype,
    helper: prototype.name,
    map: undefined,
    mapPointer: undefined,
    memorySize: 0n,
    constantSize: 0,
    released: 0,
    callback: undefined,
    target: undefined,
  };
  for (const [index, argument] of prototype.arguments.entries())
    checkArgument(analysis, state, call, argument, index + 1);
  checkSpecial(analysis, state, call);
  if (call.released !== 0) release(state, call.released);
  if (call.callback !== undefined) callBack(analysis, state, call, call.callback);
  const result = resultOf(analysis, state, call);
  clearAfterCall(state, result);
  // A tail call that comes back from the program itself has done nothing; in a function it may have come back from elsewhere.
  const hasMoved = prototype.name !== "tail_call" || state.frames.length > 1;
  if (prototype.changesPacket && hasMoved) forgetPacket(state);
}

/** Calls leave r1 to r5 undefined, and their result in r0. */
export function clearAfterCall(state: State, result: Value): void {
  const { registers } = currentFrame(state);
  for (let register = 1; register <= 5; register++) registers[register] = UNWRITTEN;
  registers[0] = result;
}

function findPrototype(analysis: Analysis, number: number): Prototype {
  const { kind } = analysis;
  const name = helperName(number);
  const prototype = prototypeOf(number);
  if (name === undefined || prototype === undefined)
    return reject(
      "vm-verify-helper",
      `There is no helper ${number}`,
      "Kernels number helpers from 1 to 211; newer functions are kfuncs",
    );
  if (!mayCall(kind, number, analysis.sleepable)) {
    const kinds = kindsThatMayCall(number);
    reject(
      "vm-verify-helper",
      `Programs of type ${kind} may not call ${name}()`,
      kinds.includes(kind)
        ? "Only programs that may sleep call it: name the section with .s"
        : `Programs of these types may: ${kinds.length === 0 ? "none" : kinds.join(", ")}`,
    );
  }
  if (prototype.gpl && !analysis.gpl)
    reject(
      "vm-verify-licence",
      `${name}() is for programs under a licence that is compatible with the GPL`,
      'Declare the licence "GPL" or "Dual MIT/GPL" if the program is under it',
    );
  return traced(kind, name) ?? prototype;
}

const TRACING: ReadonlySet<ProgramKind> = new Set<ProgramKind>(["tp_btf", "fentry", "lsm", "iter"]);

/** Programs that are given kernel pointers have sockets among them, where others have one as their context. */
function traced(kind: ProgramKind, name: Helper): Prototype | undefined {
  const takesSocket = name === "get_socket_cookie" && TRACING.has(kind);
  return takesSocket ? SOCKET_COOKIE : undefined;
}

const SOCKET_COOKIE = readPrototype("get_socket_cookie", "sock -> int");

const FLAGS_ZERO: ReadonlySet<Helper> = new Set<Helper>(["get_local_storage"]);

function checkSpecial(analysis: Analysis, state: State, call: HelperCall): void {
  const { helper } = call;
  if (FLAGS_ZERO.has(helper)) {
    const flags = readRegister(state, 2);
    if (flags.kind !== "scalar" || flags.mask !== 0n || flags.value !== 0n)
      reject("vm-verify-argument", `Argument 2 of ${helper}() is not 0`, "It takes no flags", [2]);
  }
  if (helper === "tail_call") {
    analysis.tailCalls.add(currentFrame(state).function);
    if (
      state.frames.length > 1 &&
      (analysis.code.functions[currentFrame(state).function]?.typeId ?? 0) === 0
    )
      reject(
        "vm-verify-call",
        "A function without type information makes a tail call",
        "Build the object with BTF (-g), or make the tail call in the program itself",
      );
    if (state.held.length > 0 || state.lock !== 0)
      reject(
        "vm-verify-reference",
        `${state.held[0]?.what ?? "A lock"} is still held at a tail call`,
        "Give it back before",
      );
  }
  if (state.lock !== 0 && helper !== "spin_unlock" && helper !== "spin_lock")
    reject("vm-verify-lock", `${helper}() is called while a spin lock is held`, "Unlock first");
  if (helper === "spin_lock" || helper === "spin_unlock") toggleLock(state, helper);
}

function toggleLock(state: State, helper: Helper): void {
  const value = readRegister(state, 1);
  const id = value.kind === "pointer" ? lockId(value) : 0;
  if (helper === "spin_lock") {
    if (state.lock !== 0)
      reject(
        "vm-verify-lock",
        "A second spin lock is taken while one is held",
        "Programs hold one lock at a time",
      );
    state.lock = id;
    return;
  }
  if (state.lock === 0)
    reject("vm-verify-lock", "A spin lock is released that is not held", "Lock it first");
  if (state.lock !== id)
    reject(
      "vm-verify-lock",
      "Another spin lock is released than the one that is held",
      "Unlock the lock of the same map value",
    );
  state.lock = 0;
  // What was reached while the lock was held may have changed.
}

/** Locks of the same element are the same; those of an array's only value always are. */
function lockId(value: Pointer): number {
  return value.id === 0 ? -1 : value.id;
}

const STRING_RESULTS: ReadonlySet<Helper> = new Set<Helper>([
  "get_stack",
  "get_task_stack",
  "probe_read_str",
  "probe_read_kernel_str",
  "probe_read_user_str",
]);

/** The most processors that a kernel is built for on the architectures that Ocelli knows. */
const MOST_PROCESSORS = 8192;

function resultOf(analysis: Analysis, state: State, call: HelperCall): Value {
  const { prototype, helper, map } = call;
  const { kind, nullable, detail } = prototype.result;
  const id = nullable ? freshId(analysis) : 0;
  switch (kind) {
    case "int":
      if (STRING_RESULTS.has(helper)) return rangedScalar(-4095n, call.memorySize);
      if (helper === "get_smp_processor_id")
        return rangedScalar(0n, BigInt((analysis.environment.processors ?? MOST_PROCESSORS) - 1));
      return unknownScalar();
    case "void":
      return UNWRITTEN;
    case "value":
    case "mapvalue": {
      if (map === undefined) return unknownScalar();
      const known = nullable && isThere(state, call, map);
      if (nullable && (map.type === "sockmap" || map.type === "sockhash")) {
        const reference = acquire(analysis, state, `The socket from map "${map.name}"`);
        return pointerTo("map-value", { map, nullable, id: reference, reference });
      }
      const locks = analysis.environment.btf !== undefined;
      return pointerTo("map-value", {
        map,
        nullable: nullable && !known,
        id: known && locks ? freshId(analysis) : id,
        mapId: call.mapPointer?.mapId ?? 0,
      });
    }
    case "ring": {
      const reference = acquire(analysis, state, `The reservation in ring "${map?.name ?? ""}"`);
      return pointerTo("mem", {
        nullable: true,
        id: reference,
        reference,
        range: call.constantSize,
        flags: POINTER_FLAG.ring,
      });
    }
    case "socket":
    case "sockcommon":
    case "tcpsock":
      return socketResult(analysis, state, call, id);
    case "btf": {
      const target = analysis.environment.kernel?.idsByName(detail, "struct")[0] ?? 0;
      const flags =
        helper === "get_current_task_btf" || helper === "task_pt_regs" ? POINTER_FLAG.trusted : 0;
      const reference = helper.startsWith("skc_to_") ? (call.target?.reference ?? 0) : 0;
      return pointerTo("btf", { target, nullable, id: id, flags, reference });
    }
    case "dynmem":
      return pointerTo("mem", {
        nullable: true,
        id,
        range: call.constantSize,
        reference: call.target?.reference ?? 0,
      });
    case "percpuvalue":
      return percpuResult(call, id);
    default:
      return reject(
        "vm-verify-unsupported",
        `What ${helper}() gives is not known to this verifier`,
        "Verify the program with the kernel",
      );
  }
}

function percpuResult({ target }: HelperCall, id: number): Value {
  if (target === undefined) return unknownScalar();
  const { flags } = target;
  return { ...target, nullable: id !== 0, id, flags: flags & ~POINTER_FLAG.percpu };
}

function socketResult(analysis: Analysis, state: State, call: HelperCall, id: number): Value {
  const { prototype, helper, target } = call;
  const type =
    prototype.result.kind === "socket"
      ? "socket"
      : prototype.result.kind === "tcpsock"
        ? "tcp-sock"
        : "sock-common";
  const isLookup =
    helper === "sk_lookup_tcp" || helper === "sk_lookup_udp" || helper === "skc_lookup_tcp";
  if (!isLookup) {
    // The same socket by another type: worthless once the one that it came from is released.
    return pointerTo(type, { nullable: true, id, reference: target?.reference ?? 0 });
  }
  const reference = acquire(analysis, state, `The socket of ${helper}()`);
  return pointerTo(type, { nullable: true, id: reference, reference });
}

/** A lookup in an array at a constant index that it has always finds something. */
function isThere(state: State, { helper }: HelperCall, map: MapSpec): boolean {
  if (helper !== "map_lookup_elem" || (map.type !== "array" && map.type !== "percpu_array"))
    return false;
  const key = currentFrame(state).registers[2];
  if (key?.kind !== "pointer" || key.type !== "stack" || key.variable.mask !== 0n) return false;
  const frame = state.frames[key.frame];
  if (frame === undefined || map.keySize !== 4) return false;
  const index = constantOnStack(frame, key.offset + Number(key.variable.smin), 4);
  return index !== undefined && index < BigInt(map.maxEntries);
}
