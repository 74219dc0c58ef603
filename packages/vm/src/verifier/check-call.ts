// Calls of the program's own functions, and their ends.
import { resolveType, sizeOf, type Btf, type BtfTypeOf, type Instruction } from "@ocelli/bpf";

import { describeKind, freshId, readRegister, type Analysis } from "./analysis.ts";
import { tooDeep } from "./callbacks.ts";
import { clearAfterCall } from "./check-helper.ts";
import type { CodeFunction } from "./code.ts";
import { checkHelperMemory } from "./helper-memory.ts";
import { checkNothingHeld, forgetPacket } from "./references.ts";
import { reject } from "./reject.ts";
import { markPrecise, unknownScalar } from "./scalar.ts";
import { currentFrame, MOST_FRAMES, newFrame, type State } from "./state.ts";
import { pointerTo, UNWRITTEN, type Value } from "./value.ts";

/** Follows a call of one of the program's functions; the state goes on in it, or behind it when it is a global one. */
export function checkLocalCall(analysis: Analysis, state: State, _instruction: Instruction): void {
  const { code } = analysis;
  const target = code.functions[code.functionOf[code.targets[state.instruction] ?? 0] ?? 0];
  if (target === undefined) return;
  if (state.lock !== 0)
    reject(
      "vm-verify-lock",
      `Function "${target.name}" is called while a spin lock is held`,
      "Unlock first",
    );
  if (target.global) return callGlobal(analysis, state, target);
  if (state.frames.length >= MOST_FRAMES) tooDeep();
  const caller = currentFrame(state);
  const callee = newFrame(state.instruction, target.index, state.frames.length);
  for (let register = 1; register <= 5; register++) {
    callee.registers[register] = caller.registers[register] ?? UNWRITTEN;
    caller.registers[register] = UNWRITTEN;
  }
  caller.registers[0] = UNWRITTEN;
  state.frames.push(callee);
  state.instruction = target.start;
}

/** A parameter of a global function, as its types and tags say. */
type Parameter =
  | { readonly kind: "scalar" }
  | { readonly kind: "ctx" }
  | { readonly kind: "memory"; readonly size: number; readonly nullable: boolean };

/** What a global function takes; refuses types that it cannot take. */
export function parametersOf(analysis: Analysis, target: CodeFunction): readonly Parameter[] {
  const { btf } = analysis.environment;
  const type = btf?.type(target.typeId);
  const proto = type?.kind === "func" ? btf?.type(type.typeId) : undefined;
  if (btf === undefined || proto?.kind !== "func_proto") return [];
  return proto.parameters.map((parameter, index) =>
    parameterOf(btf, target, proto, parameter.typeId, index),
  );
}

function parameterOf(
  btf: Btf,
  target: CodeFunction,
  _proto: BtfTypeOf<"func_proto">,
  typeId: number,
  index: number,
): Parameter {
  const tags = tagsOf(btf, target.typeId, index);
  const type = resolveType(btf, typeId)?.type;
  if (type?.kind === "int" || type?.kind === "enum" || type?.kind === "enum64")
    return { kind: "scalar" };
  if (type?.kind === "ptr") {
    const pointee = resolveType(btf, type.typeId);
    const name = pointee === undefined ? "" : btf.nameOf(pointee.id);
    const other = tags.find((tag) => tag !== "arg:nonnull" && tag !== "arg:ctx");
    if (other === undefined) {
      if (tags.includes("arg:ctx") || CONTEXTS.has(name)) return { kind: "ctx" };
      const size = pointee === undefined ? undefined : sizeOf(btf, pointee.id);
      if (size !== undefined && size > 0)
        return { kind: "memory", size, nullable: !tags.includes("arg:nonnull") };
    }
  }
  return reject(
    "vm-verify-call",
    `Parameter ${index + 1} of global function "${target.name}" is of a type that such functions do not take`,
    "Pass numbers, the context, or pointers to data of a known size; or make the function static",
  );
}

const CONTEXTS = new Set([
  "__sk_buff",
  "xdp_md",
  "bpf_sock",
  "bpf_sock_addr",
  "bpf_sock_ops",
  "sk_msg_md",
  "sk_reuseport_md",
  "bpf_sk_lookup",
  "bpf_sockopt",
  "bpf_sysctl",
  "bpf_cgroup_dev_ctx",
  "bpf_perf_event_data",
  "bpf_raw_tracepoint_args",
  "bpf_user_pt_regs_t",
  "pt_regs",
]);

const tags = new WeakMap<Btf, ReadonlyMap<string, readonly string[]>>();

function tagsOf(btf: Btf, functionId: number, index: number): readonly string[] {
  let known = tags.get(btf);
  if (known === undefined) {
    const found = new Map<string, string[]>();
    for (let id = btf.firstId; id < btf.endId; id++) {
      if (btf.kindOf(id) !== "decl_tag") continue;
      const tag = btf.type(id);
      if (tag?.kind !== "decl_tag") continue;
      const key = `${tag.typeId} ${tag.component}`;
      const list = found.get(key) ?? [];
      list.push(tag.name);
      found.set(key, list);
    }
    known = found;
    tags.set(btf, known);
  }
  return (known.get(`${functionId} ${index}`) ?? []).filter((tag) => tag.startsWith("arg:"));
}

function callGlobal(analysis: Analysis, state: State, target: CodeFunction): void {
  for (const [index, parameter] of parametersOf(analysis, target).entries()) {
    const register = index + 1;
    const value = readRegister(state, register);
    const what = `Argument ${register} of global function "${target.name}"`;
    if (parameter.kind === "scalar") {
      if (value.kind !== "scalar")
        reject(
          "vm-verify-argument",
          `${what} is ${describeKind(value)}: it takes a number`,
          "Declare the parameter as a pointer, or the function static",
          [register],
        );
    } else if (parameter.kind === "ctx") {
      if (value.kind !== "pointer" || value.type !== "ctx" || value.offset !== 0)
        reject(
          "vm-verify-argument",
          `${what} is ${describeKind(value)}: it takes the context`,
          "Pass the context itself",
          [register],
        );
    } else if (
      !(value.kind === "scalar" && value.mask === 0n && value.value === 0n && parameter.nullable)
    ) {
      const memory =
        value.kind === "pointer" && value.nullable && parameter.nullable
          ? { ...value, nullable: false }
          : value;
      const use = { register, helper: target.name, packetMemory: true };
      checkHelperMemory(analysis, state, memory, parameter.size, { ...use, write: false });
      checkHelperMemory(analysis, state, memory, parameter.size, { ...use, write: true });
    }
  }
  if (!analysis.started.has(`global ${target.index}`)) {
    analysis.started.add(`global ${target.index}`);
    analysis.alone.push({ function: target.index, what: "global" });
  }
  clearAfterCall(state, unknownScalar());
  if (changesPacket(analysis, target.index)) forgetPacket(state);
}

/** Whether a function, or one that it calls, moves packets. */
function changesPacket(analysis: Analysis, index: number): boolean {
  return analysis.changesPacket.has(index);
}

/** Sets a global function's parameters, of which nothing but the types is known. */
export function setParameters(analysis: Analysis, state: State, target: CodeFunction): void {
  const { registers } = currentFrame(state);
  for (const [index, parameter] of parametersOf(analysis, target).entries()) {
    registers[index + 1] =
      parameter.kind === "scalar"
        ? unknownScalar()
        : parameter.kind === "ctx"
          ? pointerTo("ctx")
          : pointerTo("mem", {
              range: parameter.size,
              nullable: parameter.nullable,
              id: freshId(analysis),
            });
  }
}

/** Follows an exit: back to the caller, or to the end of the path, which gives `false`. */
export function checkExit(analysis: Analysis, state: State): boolean {
  const frame = currentFrame(state);
  const result = frame.registers[0] ?? UNWRITTEN;
  if (state.frames.length === 1) {
    checkEnd(analysis, state, result);
    return false;
  }
  if (result.kind === "pointer" && result.type === "stack")
    reject(
      "vm-verify-call",
      "The function returns an address on its own stack",
      "Let the caller give the address of what is to be filled",
      [0],
    );
  const { callback } = frame;
  if (callback !== undefined) checkCallbackResult(state, callback);
  state.frames.pop();
  const caller = currentFrame(state);
  if (callback === undefined) {
    caller.registers[0] = result;
    state.instruction = frame.caller + 1;
  } else {
    // The helper decides again whether it calls.
    state.instruction = frame.caller;
  }
  return true;
}

function checkCallbackResult(
  state: State,
  { helper, min, max }: { readonly helper: string; readonly min: bigint; readonly max: bigint },
): void {
  const value = readRegister(state, 0);
  if (value.kind === "scalar") {
    markPrecise(value);
    if (value.smin >= min && value.smax <= max) return;
  }
  reject(
    "vm-verify-return",
    `The function that ${helper}() calls returns ${describeRange(value)}: it has to be ${min === max ? min : `${min} to ${max}`}`,
    min === max ? `Return ${min}` : "Return 0 to go on and 1 to stop",
    [0],
  );
}

function describeRange(value: Value): string {
  if (value.kind !== "scalar") return describeKind(value);
  return value.smin === value.smax
    ? `${value.smin}`
    : `a number from ${value.smin} to ${value.smax}`;
}

/** The end of a path: nothing is held, and r0 is what the kernel expects of the program's type. */
function checkEnd(analysis: Analysis, state: State, result: Value): void {
  const { callback } = currentFrame(state);
  checkNothingHeld(state, "at the end");
  if (callback !== undefined) return checkCallbackResult(state, callback);
  if (!analysis.root) {
    if (result.kind === "pointer")
      reject(
        "vm-verify-return",
        `A global function returns ${describeKind(result)}`,
        "Return a number",
        [0],
      );
    return;
  }
  const value = readRegister(state, 0);
  const { limits } = analysis;
  if (limits === undefined) return;
  if (value.kind === "scalar") {
    markPrecise(value);
    if (value.smin >= limits.min && value.smax <= limits.max) return;
  }
  const wanted = limits.min === limits.max ? `${limits.min}` : `${limits.min} to ${limits.max}`;
  reject(
    "vm-verify-return",
    `The program returns ${describeRange(value)}: programs of type ${analysis.kind} return ${wanted}`,
    `Return ${wanted} on every path`,
    [0],
  );
}
