import { resolveType, type Helper, type MapSpec } from "@ocelli/bpf";

import { describeKind, readRegister, type Analysis } from "./analysis.ts";
import { checkHelperMemory, checkSizedMemory, type MemoryUse } from "./helper-memory.ts";
import { specialFields } from "./map-access.ts";
import { checkMapHelper } from "./map-rules.ts";
import type { ArgumentKind, Prototype } from "./prototypes.ts";
import { reject } from "./reject.ts";
import { isConstant, markPrecise, type Scalar } from "./scalar.ts";
import { markStackPrecise } from "./stack.ts";
import type { State } from "./state.ts";
import { hasFlag, isNull, POINTER_FLAG, type Pointer } from "./value.ts";

/** A call of a helper while its arguments are checked: what they say about each other and about the result. */
export interface HelperCall {
  readonly prototype: Prototype;
  readonly helper: Helper;
  map: MapSpec | undefined;
  mapPointer: Pointer | undefined;
  /** The most bytes of the last sized memory. */
  memorySize: bigint;
  /** The constant number of bytes that the result has. */
  constantSize: number;
  /** The reference that is given back. */
  released: number;
  callback: Pointer | undefined;
  /** The socket or kernel pointer among the arguments. */
  target: Pointer | undefined;
}

/** Checks one argument. */
export function checkArgument(
  analysis: Analysis,
  state: State,
  call: HelperCall,
  argument: ArgumentKind,
  register: number,
): void {
  const value = readRegister(state, register);
  const { kind, nullable } = argument;
  if (kind === "any") return;
  if (kind === "size" || kind === "size0")
    return checkSize(analysis, state, call, kind, value, register);
  if (kind === "csize0") return checkConstantSize(call, value, register);
  if (nullable && isNull(value)) {
    if (value.kind === "scalar") markPrecise(value);
    return;
  }
  const pointer = notNull(call, value, nullable, register);
  switch (kind) {
    case "map":
      return checkMap(call, pointer, register);
    case "key":
    case "value":
    case "uvalue":
      return checkElement(analysis, state, call, kind, pointer, register);
    case "mem":
    case "umem":
    case "wmem":
      return checkFixedMemory(analysis, state, call, argument, pointer, register);
    case "ctx":
      if (pointer.type !== "ctx") return wrong(call, register, pointer, "the context");
      return checkUnmoved(call, register, pointer);
    case "ring":
      if (pointer.type !== "mem" || !hasFlag(pointer, POINTER_FLAG.ring))
        return wrong(call, register, pointer, "what ringbuf_reserve() gave");
      checkUnmoved(call, register, pointer);
      call.released = pointer.reference;
      return;
    case "release":
    case "sock":
    case "sockcommon":
    case "socket":
      return checkSocket(analysis, call, kind, pointer, register);
    case "btf":
      return checkKernelPointer(analysis, call, argument, pointer, register);
    case "func":
      if (pointer.type !== "func")
        return wrong(call, register, pointer, "a function of the program");
      call.callback = pointer;
      return;
    case "stack":
      if (pointer.type !== "stack")
        return wrong(call, register, pointer, "an address on the stack");
      return;
    case "str":
      return checkString(call, pointer, register);
    case "lock":
    case "timer":
      return checkField(
        analysis,
        call,
        kind === "lock" ? "bpf_spin_lock" : "bpf_timer",
        pointer,
        register,
      );
    case "percpu":
      if (pointer.type !== "btf" || !hasFlag(pointer, POINTER_FLAG.percpu))
        return wrong(call, register, pointer, "a per-CPU variable of the kernel's");
      call.target = pointer;
      return;
    default:
      reject(
        "vm-verify-unsupported",
        `${call.helper}() takes ${kind.includes("dynptr") ? "a dynptr" : "something"} that this verifier does not follow`,
        "Verify the program with the kernel",
        [register],
      );
  }
}

function notNull(
  call: HelperCall,
  value: Scalar | Pointer,
  nullable: boolean,
  register: number,
): Pointer {
  if (value.kind === "scalar") {
    const taken = call.prototype.arguments[register - 1]?.kind ?? "";
    return reject(
      "vm-verify-argument",
      `Argument ${register} of ${call.helper}() is ${isNull(value) ? "null" : "a number"}: it takes ${KIND_WORDS[taken] ?? "an address"}`,
      "Give it what it takes",
      [register],
    );
  }
  if (value.nullable && !nullable)
    return reject(
      "vm-verify-null",
      `Argument ${register} of ${call.helper}() is ${describeKind(value)}`,
      "Compare it with 0 first, and call only where it is not",
      [register],
    );
  return value;
}

const KIND_WORDS: Readonly<Record<string, string>> = {
  map: "a map",
  key: "the address of a key",
  value: "the address of a value",
  uvalue: "the address of a value",
  mem: "an address",
  umem: "an address",
  wmem: "an address",
  ctx: "the context",
  ring: "what ringbuf_reserve() gave",
  release: "a socket that a lookup gave",
  sock: "a socket",
  sockcommon: "a socket",
  socket: "a socket",
  btf: "a kernel pointer",
  func: "a function of the program",
  stack: "an address on the stack",
  str: "a constant text",
  lock: "the address of a bpf_spin_lock in a map value",
  timer: "the address of a bpf_timer in a map value",
};

function wrong(call: HelperCall, register: number, value: Pointer, wanted: string): never {
  return reject(
    "vm-verify-argument",
    `Argument ${register} of ${call.helper}() is ${describeKind(value)}: it takes ${wanted}`,
    "Give it what it takes",
    [register],
  );
}

function checkUnmoved(call: HelperCall, register: number, pointer: Pointer): void {
  if (pointer.offset === 0 && isConstant(pointer.variable) && pointer.variable.value === 0n) return;
  reject(
    pointer.type === "ctx" ? "vm-verify-context" : "vm-verify-argument",
    `Argument ${register} of ${call.helper}() is ${describeKind(pointer)} with something added to it`,
    "Give it the pointer itself",
    [register],
  );
}

function useOf({ helper, prototype }: HelperCall, register: number, write: boolean): MemoryUse {
  return { register, helper, write, packetMemory: prototype.packetMemory };
}

function checkSize(
  analysis: Analysis,
  state: State,
  call: HelperCall,
  kind: string,
  value: Scalar | Pointer,
  register: number,
): void {
  const before = call.prototype.arguments[register - 2];
  const memory = readRegister(state, register - 1);
  const write = before?.kind === "umem" || before?.kind === "wmem";
  checkSizedMemory(
    analysis,
    state,
    memory,
    value,
    kind === "size0",
    useOf(call, register - 1, write),
  );
  if (value.kind === "scalar") call.memorySize = value.umax;
}

function checkConstantSize(call: HelperCall, value: Scalar | Pointer, register: number): void {
  if (value.kind === "scalar" && isConstant(value) && value.value < 0x4000_0000n) {
    markPrecise(value);
    call.constantSize = Number(value.value);
    return;
  }
  reject(
    "vm-verify-argument",
    `Argument ${register} of ${call.helper}() is not a constant number of bytes`,
    "The size has to be known when the program is verified",
    [register],
  );
}

function checkMap(call: HelperCall, pointer: Pointer, register: number): void {
  if (pointer.type !== "map" || pointer.map === undefined)
    return wrong(call, register, pointer, "a map");
  checkUnmoved(call, register, pointer);
  checkMapHelper(pointer.map, call.helper, register);
  // bpf_timer_init() binds a timer to the map that it lies in.
  const lies = call.helper === "timer_init" ? call.map : undefined;
  if (lies !== undefined && lies !== pointer.map)
    reject(
      "vm-verify-map",
      `The timer lies in map "${lies.name}", and argument 2 of timer_init() is map "${pointer.map.name}"`,
      "Give it the map that the timer lies in",
      [register],
    );
  call.map = pointer.map;
  call.mapPointer = pointer;
}

function checkElement(
  analysis: Analysis,
  state: State,
  call: HelperCall,
  kind: string,
  pointer: Pointer,
  register: number,
): void {
  const { map } = call;
  if (map === undefined) return;
  const size = kind === "key" ? map.keySize : map.valueSize;
  if (pointer.type === "btf" || pointer.type === "buf" || pointer.type === "tp-buffer")
    wrong(call, register, pointer, "an address on the stack, in a map value or in a packet");
  checkHelperMemory(analysis, state, pointer, size, useOf(call, register, kind === "uvalue"));
  if (kind !== "key" || pointer.type !== "stack" || !isConstant(pointer.variable)) return;
  const frame = state.frames[pointer.frame];
  if (frame !== undefined && (map.type === "array" || map.type === "percpu_array"))
    markStackPrecise(frame, pointer.offset + Number(pointer.variable.smin), size);
}

function checkFixedMemory(
  analysis: Analysis,
  state: State,
  call: HelperCall,
  { kind, detail }: ArgumentKind,
  pointer: Pointer,
  register: number,
): void {
  // Without a size of its own the next argument has it, and checks both.
  if (detail !== "")
    checkHelperMemory(
      analysis,
      state,
      pointer,
      Number(detail),
      useOf(call, register, kind !== "mem"),
    );
  else if (pointer.type === "ctx" || pointer.type === "map")
    wrong(call, register, pointer, "an address");
}

function checkSocket(
  analysis: Analysis,
  call: HelperCall,
  kind: string,
  pointer: Pointer,
  register: number,
): void {
  const isSocket =
    pointer.type === "socket" || pointer.type === "sock-common" || pointer.type === "tcp-sock";
  const isKernel =
    pointer.type === "btf" &&
    isSocketStruct(analysis, pointer.target) &&
    !hasFlag(pointer, POINTER_FLAG.untrusted);
  const fits =
    kind === "socket" ? pointer.type === "socket" : isSocket || (kind !== "sockcommon" && isKernel);
  if (!fits) return wrong(call, register, pointer, "a socket");
  if (!isKernel) checkUnmoved(call, register, pointer);
  call.target = pointer;
  if (kind !== "release") return;
  if (pointer.reference === 0)
    reject(
      "vm-verify-reference",
      `Argument ${register} of ${call.helper}() is a socket that the program does not hold`,
      "Release what a lookup gave, once",
      [register],
    );
  call.released = pointer.reference;
}

const SOCKET_STRUCTS = new Set([
  "sock",
  "sock_common",
  "inet_sock",
  "tcp_sock",
  "tcp6_sock",
  "udp_sock",
  "udp6_sock",
  "unix_sock",
  "request_sock",
  "tcp_request_sock",
  "tcp_timewait_sock",
  "inet_connection_sock",
  "inet_request_sock",
  "inet_timewait_sock",
  "mptcp_sock",
]);

function isSocketStruct({ environment: { kernel } }: Analysis, id: number): boolean {
  return kernel !== undefined && SOCKET_STRUCTS.has(kernel.nameOf(id));
}

function checkKernelPointer(
  analysis: Analysis,
  call: HelperCall,
  { detail }: ArgumentKind,
  pointer: Pointer,
  register: number,
): void {
  const { kernel } = analysis.environment;
  const fits =
    pointer.type === "btf" &&
    kernel !== undefined &&
    isConstant(pointer.variable) &&
    pointsTo(analysis, pointer.target, pointer.offset, detail) &&
    (pointer.flags & (POINTER_FLAG.untrusted | POINTER_FLAG.user | POINTER_FLAG.percpu)) === 0;
  if (!fits) return wrong(call, register, pointer, `a trusted pointer to struct ${detail}`);
  call.target = pointer;
}

/** Whether a struct, or the one that it begins with at an offset, is the one that is wanted. */
function pointsTo(
  { environment: { kernel } }: Analysis,
  id: number,
  offset: number,
  name: string,
): boolean {
  let current = id;
  let at = offset;
  if (kernel === undefined) return false;
  for (let depth = 0; depth < 16; depth++) {
    if (at === 0 && kernel.nameOf(current) === name) return true;
    const type = resolveType(kernel, current)?.type;
    if (type?.kind !== "struct") return false;
    const member = type.members.findLast(
      (one) => one.bitfieldBits === 0 && one.offsetBits / 8 <= at,
    );
    if (member === undefined) return false;
    at -= member.offsetBits / 8;
    current = resolveType(kernel, member.typeId)?.id ?? 0;
  }
  return false;
}

function checkString(call: HelperCall, pointer: Pointer, register: number): void {
  const { map } = pointer;
  const isReadOnly =
    pointer.type === "map-value" && map?.frozen === true && (map.flags & 128) !== 0;
  if (!isReadOnly || map.data === undefined || !isConstant(pointer.variable))
    return wrong(call, register, pointer, "a constant text in read-only data");
  const at = pointer.offset + Number(pointer.variable.smin);
  if (at >= 0 && at < map.valueSize && map.data.subarray(at).includes(0)) return;
  reject(
    "vm-verify-argument",
    `Argument ${register} of ${call.helper}() is a text without an end`,
    "Texts end with a byte of 0",
    [register],
  );
}

function checkField(
  analysis: Analysis,
  call: HelperCall,
  name: string,
  pointer: Pointer,
  register: number,
): void {
  const { map } = pointer;
  if (pointer.type !== "map-value" || map === undefined)
    return wrong(call, register, pointer, `the address of a ${name} in a map value`);
  const at = pointer.offset;
  const field = specialFields(analysis, map).find((one) => one.name === name && one.offset === at);
  if (field === undefined || !isConstant(pointer.variable) || pointer.variable.value !== 0n)
    return reject(
      "vm-verify-map",
      `Argument ${register} of ${call.helper}() is byte ${at} of map "${map.name}": there is no ${name}`,
      "The map's value type says where it is; build the object with BTF",
      [register],
    );
  call.map = map;
}
