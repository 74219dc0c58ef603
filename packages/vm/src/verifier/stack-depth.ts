// How deep calls go, and how much of the stack they need together.
import { isFunctionAddress, isHelperCall, isLocalCall } from "@ocelli/bpf";

import type { Analysis } from "./analysis.ts";
import type { Code } from "./code.ts";
import { MOST_STACK } from "./limits.ts";
import { prototypeOf } from "./prototypes.ts";
import { rejectAt } from "./reject.ts";

/** A call or the address of a function: which function, from which instruction. */
interface Edge {
  readonly instruction: number;
  readonly callee: number;
  readonly address: boolean;
}

function edgesOf(code: Code): readonly (readonly Edge[])[] {
  const edges: Edge[][] = code.functions.map(() => []);
  for (const [instruction, one] of code.instructions.entries()) {
    const address = isFunctionAddress(one);
    if (!isLocalCall(one) && !address) continue;
    const callee = code.functionOf[code.targets[instruction] ?? 0] ?? 0;
    edges[code.functionOf[instruction] ?? 0]?.push({ instruction, callee, address });
  }
  return edges;
}

/** Refuses functions that call themselves, directly or not. */
export function checkRecursion(code: Code): void {
  const edges = edgesOf(code);
  const done = new Uint8Array(code.functions.length);
  for (const { index } of code.functions) {
    if (done[index] !== 0) continue;
    // 1 while a function is on the way, 2 once all that it calls is done.
    const stack = [{ index, next: 0 }];
    done[index] = 1;
    for (let top = stack.at(-1); top !== undefined; top = stack.at(-1)) {
      const edge = edges[top.index]?.[top.next];
      top.next += 1;
      if (edge === undefined) {
        done[top.index] = 2;
        stack.pop();
      } else if (done[edge.callee] === 0) {
        done[edge.callee] = 1;
        stack.push({ index: edge.callee, next: 0 });
      } else if (done[edge.callee] === 1)
        rejectAt(
          edge.instruction,
          "vm-verify-call",
          `Function "${code.functions[edge.callee]?.name ?? ""}" calls itself, directly or through others`,
          "Programs have no recursion: use a loop, and an array for what is open",
        );
    }
  }
}

/** Functions that move packets or call one that does. */
export function packetChangers(code: Code): ReadonlySet<number> {
  const edges = edgesOf(code);
  const changers = new Set<number>();
  for (const [index, instruction] of code.instructions.entries())
    if (isHelperCall(instruction) && prototypeOf(instruction.imm)?.changesPacket === true)
      changers.add(code.functionOf[index] ?? 0);
  for (let grown = true; grown;) {
    grown = false;
    for (const [index, list] of edges.entries())
      if (!changers.has(index) && list.some(({ callee }) => changers.has(callee))) {
        changers.add(index);
        grown = true;
      }
  }
  return changers;
}

/** Refuses chains of calls whose frames need more than the stack has. Frames are rounded up to 16 bytes. */
export function checkStackDepth({ code, stackDepths, tailCalls }: Analysis): void {
  const edges = edgesOf(code);
  const frameOf = (index: number): number => Math.ceil((stackDepths[index] ?? 0) / 16) * 16;
  const deepest = new Map<number, number>();
  // Functions call later ones only after recursion was ruled out; so this ends.
  const measure = (index: number): number => {
    const known = deepest.get(index);
    if (known !== undefined) return known;
    let below = 0;
    for (const { callee } of edges[index] ?? []) below = Math.max(below, measure(callee));
    const depth = frameOf(index) + below;
    deepest.set(index, depth);
    return depth;
  };
  const total = measure(0);
  if (total > MOST_STACK)
    rejectAt(
      0,
      "vm-verify-stack",
      `The frames of functions that are active at once need ${total} bytes: there are ${MOST_STACK}`,
      "Keep less on the stack, or keep it in a map of one entry",
    );
  checkTailCalls(code, edges, frameOf, tailCalls);
}

function checkTailCalls(
  code: Code,
  edges: readonly (readonly Edge[])[],
  frameOf: (index: number) => number,
  tailCalls: ReadonlySet<number>,
): void {
  const visit = (index: number, before: number, depth: number): void => {
    if (depth > 8) return;
    if (before >= 256 && tailCalls.has(index))
      rejectAt(
        code.functions[index]?.start ?? 0,
        "vm-verify-stack",
        `A function makes a tail call while its callers' frames need ${before} bytes: the most is 255`,
        "Make tail calls from the program itself, or keep less on the stack",
      );
    for (const { callee } of edges[index] ?? []) visit(callee, before + frameOf(index), depth + 1);
  };
  if (tailCalls.size > 0) visit(0, 0, 0);
}
