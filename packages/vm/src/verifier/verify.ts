import type { Instruction } from "@ocelli/bpf";

import type { Analysis, VerifyEnvironment, VerifyProgram } from "./analysis.ts";
import { checkMapValues } from "./check-wide.ts";
import { setParameters } from "./check-call.ts";
import { checkCode, readCode, type Code } from "./code.ts";
import { kindOf } from "./kind.ts";
import { resultLimits } from "./limits-of-result.ts";
import { liveRegisters } from "./liveness.ts";
import { Rejection } from "./reject.ts";
import { createReport, type VerifyReport } from "./report.ts";
import { checkRecursion, checkStackDepth, packetChangers } from "./stack-depth.ts";
import { currentFrame, newFrame, newState, type State } from "./state.ts";
import { createStore } from "./store.ts";
import { pointerTo } from "./value.ts";
import { walk } from "./walk.ts";

/** What the verifier says of a program. */
export type Verification =
  | {
      readonly ok: true;
      /** Instructions that were processed, over all paths. */
      readonly processed: number;
      /** Bytes of the stack that the program needs, by function. */
      readonly stack: readonly number[];
    }
  | { readonly ok: false; readonly processed: number; readonly report: VerifyReport };

/** BPF_F_SLEEPABLE. */
const SLEEPABLE = 16;

/** Licences under which the kernel opens all helpers. */
const GPL_LICENCES = new Set([
  "GPL",
  "GPL v2",
  "GPL and additional rights",
  "Dual BSD/GPL",
  "Dual MIT/GPL",
  "Dual MPL/GPL",
]);

/**
 * Says whether a program is safe, as the kernel's verifier does for a caller with all rights: it reads nothing that was
 * not written, stays inside its memory, gives back what it takes, calls only what it may with what that takes, and ends.
 * Follows Linux 6.18; where it knows less than the kernel it says no.
 *
 * `instructions` are linked, with CO-RE applied. Maps and kernel symbols are known by their references. Pure; never
 * throws; processes at most a million instructions. Rules for callers without rights (no pointer may leak) are not
 * checked.
 */
export function verify(
  program: VerifyProgram,
  instructions: readonly Instruction[],
  environment: VerifyEnvironment,
): Verification {
  let code: Code | undefined;
  let analysis: Analysis | undefined;
  try {
    code = readCode(instructions, environment.btf);
    checkCode(code);
    checkRecursion(code);
    checkMapValues(environment, code);
    analysis = createAnalysis(program, code, environment);
    run(analysis);
    checkStackDepth(analysis);
    return { ok: true, processed: analysis.processed, stack: analysis.stackDepths };
  } catch (error) {
    if (!(error instanceof Rejection)) throw error;
    const report = createReport(code, error, analysis?.current);
    return { ok: false, processed: analysis?.processed ?? 0, report };
  }
}

function createAnalysis(
  program: VerifyProgram,
  code: Code,
  environment: VerifyEnvironment,
): Analysis {
  const kind = kindOf(program.type, program.attachType);
  if (kind === undefined || kind === "ext" || kind === "struct_ops")
    throw new Rejection(
      "vm-verify-unsupported",
      `Programs of type ${program.type} are not known to this verifier`,
      "Verify the program with the kernel",
      [],
      0,
    );
  return {
    code,
    live: liveRegisters(code),
    program,
    kind,
    environment,
    sleepable: (program.flags & SLEEPABLE) !== 0 || kind === "syscall",
    gpl: GPL_LICENCES.has(program.license),
    stackDepths: code.functions.map(() => 0),
    tailCalls: new Set(),
    waiting: [],
    processed: 0,
    current: undefined,
    ids: 0,
    alone: [],
    started: new Set(),
    pointerTypes: new Map(),
    changesPacket: packetChangers(code),
    root: true,
    limits: resultLimits(kind, program),
  };
}

/** Verifies the program, and then every function that it starts apart from itself. */
function run(analysis: Analysis): void {
  const first = newState(analysis.code, 0);
  currentFrame(first).registers[1] = pointerTo("ctx");
  walk(analysis, createStore(analysis), first);
  for (let next = analysis.alone.pop(); next !== undefined; next = analysis.alone.pop()) {
    const target = analysis.code.functions[next.function];
    if (target === undefined) continue;
    analysis.root = false;
    const state = newState(analysis.code, next.function);
    if (next.what === "global") setParameters(analysis, state, target);
    else startCallback(state, next);
    walk(analysis, createStore(analysis), state);
  }
}

function startCallback(state: State, { function: index, map }: Analysis["alone"][number]): void {
  const frame = newFrame(-1, index, 0, {
    helper: "timer_set_callback",
    min: 0n,
    max: 0n,
    async: true,
  });
  frame.registers[1] = pointerTo("map", { map });
  frame.registers[2] = pointerTo("map-key", { map });
  frame.registers[3] = pointerTo("map-value", { map, id: 0 });
  state.frames = [frame];
}
