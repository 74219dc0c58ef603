import {
  alu64,
  exit,
  jump,
  jumpIf,
  label,
  load,
  mov64,
  store,
  type Instruction,
  type ProgramType,
} from "@ocelli/bpf";

import { createRandom, type Random } from "./random-program.ts";
import { step } from "./risky-steps.ts";
import { Writer } from "./risky-writer.ts";

/** A program that a verifier has to judge: perhaps safe, perhaps not. Maps are those of `RISKY_MAPS`. */
export interface RiskyProgram {
  readonly type: ProgramType;
  readonly instructions: readonly Instruction[];
}

const TYPES = ["xdp", "sched_cls", "socket_filter", "tracepoint", "kprobe"] as const;

/** A program of a seed, of about so many steps. */
export function riskyProgram(seed: number, steps = 14): RiskyProgram {
  const random = createRandom(seed);
  const type = random.pick(TYPES);
  const writer = new Writer(random, type);
  writer.emit(mov64("r6", "r1"));
  for (const register of ["r7", "r8", "r9"] as const)
    if (random.int(3) > 0) {
      writer.emit(mov64(register, random.int(20)));
      writer.set(register, "small");
    }
  for (let left = 1 + random.int(steps); left > 0; left -= 1) step(writer);
  writer.emit(mov64("r0", 0), exit(), label("out", mov64("r0", 1)), exit());
  const calls = writer.made.some(({ reference }) => reference?.kind === "function");
  if (!writer.made.some(({ reference }) => reference?.kind === "label" && reference.name === "out"))
    writer.made.splice(1, 0, jumpIf("r6", "==", 0, "out"));
  if (calls) writer.made.push(...subprogram(random));
  return { type, instructions: writer.made };
}

/** What `callee` calls: it takes anything and an address on the caller's stack. */
function subprogram(random: Random): readonly Instruction[] {
  switch (random.int(4)) {
    case 0:
      return [label("callee", mov64("r0", "r1")), alu64("and", "r0", 31), exit()];
    case 1:
      return [label("callee", store("u64", "r2", 0, 7)), mov64("r0", 0), exit()];
    case 2:
      return [
        label("callee", load("u64", "r0", "r2", 0)),
        jumpIf("r0", ">", 40, "high"),
        exit(),
        label("high", mov64("r0", 40)),
        jump("low"),
        label("low", exit()),
      ];
    default:
      return [
        label("callee", store("u8", "r10", -random.int(20) - 1, 1)),
        load("u8", "r0", "r1", random.pick([0, 8, 12])),
        exit(),
      ];
  }
}
