// Functions of the program that helpers call.
import { freshId, readRegister, type Analysis } from "./analysis.ts";
import type { HelperCall } from "./check-argument.ts";
import { reject } from "./reject.ts";
import { markPrecise, unknownScalar } from "./scalar.ts";
import { copyState, currentFrame, MOST_FRAMES, newFrame, type Frame, type State } from "./state.ts";
import { pointerTo, POINTER_FLAG, type Pointer } from "./value.ts";

/**
 * Follows what a helper does with a function: a path on which it is called goes to those that wait, and comes back to the
 * call; the path that goes on is the one on which the helper returns.
 */
export function callBack(
  analysis: Analysis,
  state: State,
  call: HelperCall,
  target: Pointer,
): void {
  const { helper } = call;
  if (helper === "timer_set_callback") return startAlone(analysis, call, target);
  if (helper === "user_ringbuf_drain")
    reject(
      "vm-verify-unsupported",
      "user_ringbuf_drain() gives its function a dynptr, which this verifier does not follow",
      "Verify the program with the kernel",
    );
  const caller = currentFrame(state);
  if (helper === "loop") {
    const rounds = readRegister(state, 1);
    if (rounds.kind !== "scalar") return;
    markPrecise(rounds);
    // A number of rounds that is known to be used up needs no further one.
    if (BigInt(caller.callbacks) >= rounds.umax) {
      caller.callbacks = 0;
      return;
    }
  }
  if (state.frames.length >= MOST_FRAMES) tooDeep();
  const next = copyState(state);
  const callee = newFrame(state.instruction, target.target, next.frames.length, {
    helper,
    min: 0n,
    max: 1n,
    async: false,
  });
  setArguments(analysis, call, caller, callee);
  currentFrame(next).callbacks += 1;
  caller.callbacks = 0;
  next.frames.push(callee);
  next.rounds += 1;
  next.instruction = analysis.code.functions[target.target]?.start ?? 0;
  if (next.parent !== undefined) next.parent.branches += 1;
  analysis.waiting.push(next);
}

/** Refuses a call with as many functions active as there may be. */
export function tooDeep(): never {
  return reject(
    "vm-verify-call",
    `More than ${MOST_FRAMES} functions are active at once`,
    "Call fewer functions from functions",
  );
}

function setArguments(analysis: Analysis, call: HelperCall, caller: Frame, callee: Frame): void {
  const set = (register: number, from: number): void => {
    const value = caller.registers[from];
    if (value !== undefined) callee.registers[register] = value;
  };
  const { map } = call;
  switch (call.helper) {
    case "loop":
      callee.registers[1] = unknownScalar();
      set(2, 3);
      return;
    case "find_vma":
      set(1, 1);
      callee.registers[2] = pointerTo("btf", {
        target: analysis.environment.kernel?.idsByName("vm_area_struct", "struct")[0] ?? 0,
        flags: POINTER_FLAG.trusted,
      });
      set(3, 4);
      return;
    default:
      callee.registers[1] = pointerTo("map", { map });
      callee.registers[2] = pointerTo("map-key", { map });
      callee.registers[3] = pointerTo("map-value", { map, id: freshId(analysis) });
      set(4, 3);
  }
}

/** A timer's function runs on its own, later: it is verified once, with nothing known but its map. */
function startAlone(analysis: Analysis, { map }: HelperCall, target: Pointer): void {
  const key = `${target.target} ${map?.name ?? ""}`;
  if (analysis.started.has(key)) return;
  analysis.started.add(key);
  analysis.alone.push({
    function: target.target,
    what: "async",
    ...(map !== undefined && { map }),
  });
}
