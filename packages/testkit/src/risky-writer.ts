import {
  label,
  mov64,
  type AccessWidth,
  type Instruction,
  type ProgramType,
  type Register,
} from "@ocelli/bpf";

import type { Random } from "./random-program.ts";

/** What a register holds, as far as the writer cares. */
export type Kind =
  | "number"
  | "small"
  | "context"
  | "value"
  | "packet"
  | "end"
  | "stack"
  | "ring"
  | "nothing";

/** Registers that a call leaves undefined, but for its result. */
export const LOST = ["r1", "r2", "r3", "r4", "r5"] as const;
const ALL = ["r0", ...LOST, "r6", "r7", "r8", "r9"] as const;
const WIDTHS = ["u8", "u16", "u32", "u64"] as const;
const BYTES: Readonly<Record<AccessWidth, number>> = { u8: 1, u16: 2, u32: 4, u64: 8 };

/** Writes a program step by step, with a rough idea of what each register holds: right most of the time. */
export class Writer {
  readonly made: Instruction[] = [];
  readonly kinds: Map<Register, Kind> = new Map();
  readonly random: Random;
  readonly type: ProgramType;
  labels = 0;
  pending: string | undefined;
  /** Whether r9 counts the rounds of a loop. */
  counting = false;
  /** How many branches and loops it is in. */
  depth = 0;

  constructor(random: Random, type: ProgramType) {
    this.random = random;
    this.type = type;
    this.kinds.set("r6", "context");
  }

  emit(...instructions: readonly Instruction[]): void {
    for (const one of instructions) {
      this.made.push(this.pending === undefined ? one : label(this.pending, one));
      this.pending = undefined;
    }
  }

  /** A register of a kind; now and then any. */
  pick(...kinds: readonly Kind[]): Register | undefined {
    if (this.random.int(60) === 0) return this.random.pick(ALL);
    const found = [...this.kinds].filter(([, kind]) => kinds.includes(kind)).map(([name]) => name);
    return found[this.random.int(Math.max(found.length, 1))];
  }

  /** A register to write to, mostly one that keeps its value over calls. */
  target(): Register {
    if (this.random.int(3) === 0) return this.random.pick(LOST);
    return this.kept();
  }

  /** A register that keeps its value over calls, and is no loop's counter. */
  kept(): Register {
    return this.counting ? this.random.pick(["r7", "r8"]) : this.random.pick(["r7", "r8", "r9"]);
  }

  set(register: Register, kind: Kind): void {
    this.kinds.set(register, kind);
  }

  clobber(result: Kind): void {
    for (const register of LOST) this.kinds.delete(register);
    this.kinds.set("r0", result);
  }

  newLabel(): string {
    this.labels += 1;
    return `l${this.labels}`;
  }

  /** Puts a label on what comes next. */
  place(name: string): void {
    if (this.pending !== undefined) this.emit(mov64("r0", 0));
    this.pending = name;
  }

  offset(width: AccessWidth, limit: number): number {
    const bytes = BYTES[width];
    if (this.random.int(40) === 0) return this.random.int(limit + 16) - 8;
    return this.random.int(Math.max(1, Math.floor(limit / bytes))) * bytes;
  }

  width(): AccessWidth {
    return this.random.pick(WIDTHS);
  }
}
