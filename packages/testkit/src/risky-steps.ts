import {
  alu32,
  alu64,
  atomic,
  call,
  callFunction,
  jumpIf,
  jumpIf32,
  load,
  loadConstant,
  loadMap,
  loadMapValue,
  mov32,
  mov64,
  negate,
  signExtend,
  store,
  type AccessWidth,
  type AluOperation,
  type Comparison,
  type Register,
} from "@ocelli/bpf";

import { LOST, type Writer } from "./risky-writer.ts";

const OPERATIONS = [
  "add",
  "sub",
  "mul",
  "div",
  "mod",
  "or",
  "and",
  "xor",
  "lsh",
  "rsh",
  "arsh",
  "sdiv",
  "smod",
] as const;
const COMPARISONS = ["==", "!=", ">", ">=", "<", "<=", "s>", "s>=", "s<", "s<=", "&"] as const;

type Step = (writer: Writer) => void;

const number: Step = (writer) => {
  const { random } = writer;
  const target = writer.target();
  switch (random.int(6)) {
    case 0:
      writer.emit(mov64(target, random.word()));
      break;
    case 1:
      writer.emit(mov32(target, random.word()));
      break;
    case 2:
      writer.emit(loadConstant(target, (BigInt(random.word()) << 32n) ^ BigInt(random.word())));
      break;
    case 3:
      writer.emit(
        call(random.pick(["get_prandom_u32", "ktime_get_ns", "get_smp_processor_id"])),
        mov64(target, "r0"),
      );
      writer.clobber("number");
      break;
    default: {
      const context = writer.pick("context");
      if (context === undefined) return;
      const offset =
        writer.type === "xdp"
          ? random.pick([12, 16])
          : writer.type === "tracepoint"
            ? 8
            : random.pick([0, 8, 16]);
      writer.emit(load("u32", target, context, offset));
    }
  }
  writer.set(target, "number");
};

const arithmetic: Step = (writer) => {
  const { random } = writer;
  const target = writer.pick("number", "small");
  if (target === undefined || (writer.counting && target === "r9")) return;
  const operation: AluOperation = random.pick(OPERATIONS);
  const isShift = operation === "lsh" || operation === "rsh" || operation === "arsh";
  const isDivision = operation.endsWith("div") || operation.endsWith("mod");
  const wide = random.int(2) === 0;
  const other = writer.pick("number", "small");
  writer.set(target, "number");
  if (random.int(12) === 0) return writer.emit(negate(target));
  if (random.int(12) === 0 && other !== undefined)
    return writer.emit(signExtend(target, other, random.pick([8, 16, 32])));
  if (random.int(3) === 0 && other !== undefined)
    return writer.emit(wide ? alu64(operation, target, other) : alu32(operation, target, other));
  const imm = isShift
    ? random.int(wide ? 64 : 32)
    : isDivision
      ? random.word() || 3
      : random.word();
  writer.emit(wide ? alu64(operation, target, imm) : alu32(operation, target, imm));
};

/** Makes a number small, by a mask or a comparison that leaves when it is not. */
const bound: Step = (writer) => {
  const { random } = writer;
  const target = writer.pick("number");
  if (target === undefined || (writer.counting && target === "r9")) return;
  const limit = random.pick([1, 3, 7, 8, 15, 16, 31, 32, 56, 60, 63, 64, 255]);
  switch (random.int(5)) {
    case 0:
      writer.emit(alu64("and", target, limit));
      break;
    case 1:
      writer.emit(alu32("and", target, limit));
      break;
    case 2:
      writer.emit(jumpIf(target, random.pick([">", ">="]), limit, "out"));
      break;
    case 3:
      writer.emit(jumpIf32(target, random.pick([">", ">="]), limit, "out"));
      break;
    default:
      writer.emit(jumpIf(target, "s<", 0, "out"), jumpIf(target, "s>", limit, "out"));
  }
  writer.set(target, "small");
};

const branch: Step = (writer) => {
  const { random } = writer;
  const left = writer.pick("number", "small");
  if (left === undefined) return;
  const right = random.int(3) === 0 ? writer.pick("number", "small") : undefined;
  const comparison: Comparison = random.pick(COMPARISONS);
  const operand = right ?? (random.int(2) === 0 ? random.int(70) : random.word());
  const skip = writer.newLabel();
  writer.emit((random.int(2) === 0 ? jumpIf : jumpIf32)(left, comparison, operand, skip));
  const before = new Map(writer.kinds);
  const known = writer.made.length;
  for (let count = 1 + random.int(4); count > 0; count -= 1) step(writer);
  // What is set on one side only is not known behind.
  for (const [register, kind] of writer.kinds)
    if (before.get(register) !== kind) writer.kinds.delete(register);
  if (writer.made.length === known) writer.emit(mov64("r0", 0));
  writer.place(skip);
};

const stack: Step = (writer) => {
  const { random } = writer;
  const width = writer.width();
  const offset = writer.offset(width, 64) - 64;
  switch (random.int(6)) {
    case 0:
      return writer.emit(store(width, "r10", offset, random.word()));
    case 1: {
      const value = writer.pick("number", "small");
      if (value !== undefined) writer.emit(store(width, "r10", offset, value));
      return;
    }
    case 2: {
      const target = writer.target();
      writer.emit(
        load(
          random.int(5) === 0 && width !== "u64" ? (`s${width.slice(1)}` as "s8") : width,
          target,
          "r10",
          offset,
        ),
      );
      return writer.set(target, "number");
    }
    case 3: {
      // Out and in again, sometimes with something in between.
      const value = writer.pick("value", "packet", "context", "small");
      const target = writer.target();
      if (value === undefined) return;
      const slot = -8 * (1 + random.int(8));
      const kind = writer.kinds.get(value) ?? "nothing";
      writer.emit(store("u64", "r10", slot, value));
      if (random.int(4) === 0) stack(writer);
      writer.emit(load("u64", target, "r10", slot));
      return writer.set(target, kind);
    }
    case 4: {
      const value = writer.pick("number", "small");
      if (value === undefined) return;
      return writer.emit(
        atomic(
          random.pick(["add", "fetch_add", "xchg", "fetch_or"]),
          random.pick(["u32", "u64"]),
          "r10",
          -8 * (1 + random.int(8)),
          value,
        ),
      );
    }
    default: {
      const index = writer.pick("small");
      const target = random.pick(LOST);
      if (index === undefined) return;
      writer.emit(
        mov64(target, "r10"),
        alu64("add", target, random.pick([-64, -128, -72])),
        alu64("add", target, index),
      );
      writer.emit(
        random.int(2) === 0 ? load("u8", "r0", target, 0) : store("u8", target, 0, random.int(3)),
      );
      writer.kinds.delete(target);
      writer.set("r0", "nothing");
    }
  }
};

const lookup: Step = (writer) => {
  const { random } = writer;
  const map = random.pick(["array", "hash", "hash8"]);
  const size: AccessWidth = map === "hash8" ? "u64" : "u32";
  const target = writer.kept();
  const at = map === "hash8" ? -8 : random.pick([-4, -8]);
  const key = writer.pick("number", "small");
  if (key !== undefined && random.int(2) === 0) writer.emit(store(size, "r10", at, key));
  else writer.emit(store(size, "r10", at, random.int(6)));
  writer.emit(
    mov64("r2", "r10"),
    alu64("add", "r2", at),
    loadMap("r1", map),
    call("map_lookup_elem"),
  );
  writer.clobber("nothing");
  if (random.int(15) > 0) writer.emit(jumpIf("r0", "==", 0, "out"));
  writer.emit(mov64(target, "r0"));
  writer.set(target, "value");
};

const direct: Step = (writer) => {
  const target = writer.target();
  writer.emit(
    loadMapValue(
      target,
      writer.random.pick(["array1", "rodata"]),
      writer.random.int(5) === 0 ? 8 * writer.random.int(9) : 0,
    ),
  );
  writer.set(target, "value");
};

const useValue: Step = (writer) => {
  const { random } = writer;
  const base = writer.pick("value");
  if (base === undefined) return;
  const width = writer.width();
  const index = random.int(2) === 0 ? writer.pick("small") : undefined;
  if (index === undefined) {
    const offset = writer.offset(width, random.pick([8, 16, 16, 64]));
    return access(writer, width, base, offset);
  }
  const pointer = random.pick(LOST);
  writer.emit(mov64(pointer, base), alu64("add", pointer, index));
  access(writer, width, pointer, random.int(4) === 0 ? random.int(9) : 0);
  writer.kinds.delete(pointer);
};

function access(writer: Writer, width: AccessWidth, base: Register, offset: number): void {
  const { random } = writer;
  const value = writer.pick("number", "small");
  const target = writer.target();
  switch (random.int(5)) {
    case 0:
      return writer.emit(store(width, base, offset, random.word()));
    case 1:
      if (value !== undefined) writer.emit(store(width, base, offset, value));
      return;
    case 2:
      if (value !== undefined)
        writer.emit(
          atomic(
            random.pick(["add", "fetch_add", "cmpxchg"]),
            random.pick(["u32", "u64"]),
            base,
            offset & ~7,
            value,
          ),
        );
      return;
    default:
      writer.emit(load(width, target, base, offset));
      writer.set(target, width === "u8" ? "small" : "number");
  }
}

const packet: Step = (writer) => {
  const { random, type } = writer;
  const context = writer.pick("context");
  if (context === undefined) return;
  const [data, end] = type === "xdp" ? [0, 4] : [76, 80];
  const known = writer.pick("packet");
  const base: Register = known ?? writer.kept();
  if (known === undefined) writer.emit(load("u32", base, context, data));
  const index = random.int(3) === 0 ? writer.pick("small") : undefined;
  const moved: Register = random.pick(["r2", "r3", "r4"]);
  const size = random.pick([1, 2, 4, 8, 14, 34]);
  writer.emit(load("u32", "r5", context, end));
  if (index !== undefined) writer.emit(alu64("add", base, index));
  writer.emit(mov64(moved, base), alu64("add", moved, size));
  switch (random.int(4)) {
    case 0:
      writer.emit(jumpIf("r5", "<", moved, "out"));
      break;
    case 1:
      writer.emit(jumpIf(moved, ">=", "r5", "out"));
      break;
    default:
      writer.emit(jumpIf(moved, ">", "r5", "out"));
  }
  const width = writer.width();
  writer.kinds.delete(moved);
  writer.set("r5", "end");
  access(writer, width, base, writer.offset(width, size));
  writer.set(base, "packet");
};

const ring: Step = (writer) => {
  const { random } = writer;
  const size = random.pick([8, 16, 24]);
  writer.emit(loadMap("r1", "ring"), mov64("r2", size), mov64("r3", 0), call("ringbuf_reserve"));
  writer.clobber("nothing");
  if (random.int(15) > 0) writer.emit(jumpIf("r0", "==", 0, "out"));
  const target = writer.kept();
  writer.emit(mov64(target, "r0"));
  writer.set(target, "nothing");
  const width = writer.width();
  writer.emit(store(width, target, writer.offset(width, size), random.word()));
  if (random.int(4) === 0) number(writer);
  if (random.int(20) === 0) return;
  writer.emit(
    mov64("r1", target),
    mov64("r2", 0),
    call(random.pick(["ringbuf_submit", "ringbuf_discard"])),
  );
  writer.clobber("nothing");
  writer.kinds.delete(target);
};

const helper: Step = (writer) => {
  const { random } = writer;
  const size = writer.pick("small");
  switch (random.int(5)) {
    case 0:
      writer.emit(
        store("u32", "r10", -4, 1),
        store("u64", "r10", -16, 0),
        store("u64", "r10", -24, 0),
      );
      writer.emit(
        mov64("r2", "r10"),
        alu64("add", "r2", -4),
        mov64("r3", "r10"),
        alu64("add", "r3", -24),
        mov64("r4", 0),
      );
      writer.emit(loadMap("r1", "hash"), call("map_update_elem"));
      break;
    case 1:
      if (size === undefined) return;
      writer.emit(
        mov64("r3", size),
        mov64("r2", "r10"),
        alu64("add", "r2", random.pick([-64, -32, -256])),
        loadMap("r1", "ring"),
        mov64("r4", 0),
      );
      writer.emit(
        ...(size === "r2" || size === "r1"
          ? []
          : [mov64("r2", "r10"), alu64("add", "r2", random.pick([-64, -256]))]),
      );
      writer.emit(call("ringbuf_output"));
      break;
    case 2:
      if (size === undefined) return;
      writer.emit(
        mov64("r2", size),
        mov64("r1", "r10"),
        alu64("add", "r1", random.pick([-64, -256])),
        mov64("r3", 0),
        call("probe_read_kernel"),
      );
      break;
    case 3:
      writer.emit(
        mov64("r1", "r10"),
        alu64("add", "r1", -16),
        mov64("r2", random.pick([8, 16, 17])),
        call("get_current_comm"),
      );
      break;
    default:
      writer.emit(
        mov64("r1", "r6"),
        loadMap("r2", "progs"),
        mov64("r3", random.int(4)),
        call("tail_call"),
      );
  }
  writer.clobber("number");
};

/** A loop with a counter in r9, or on the stack. */
const loop: Step = (writer) => {
  const { random } = writer;
  if (writer.counting) return;
  const head = writer.newLabel();
  const rounds = random.pick([2, 4, 8, 16, 100]);
  writer.emit(mov64("r9", 0));
  writer.set("r9", "small");
  writer.place(head);
  const before = new Map(writer.kinds);
  writer.counting = true;
  writer.emit(mov64("r5", "r9"));
  writer.set("r5", "small");
  for (let count = 1 + random.int(3); count > 0; count -= 1)
    (random.int(3) === 0 ? stack : step)(writer);
  for (const [register, kind] of writer.kinds)
    if (before.get(register) !== kind) writer.kinds.delete(register);
  writer.emit(
    alu64("add", "r9", 1),
    (random.int(4) === 0 ? jumpIf32 : jumpIf)("r9", random.pick(["<", "!=", "s<"]), rounds, head),
  );
  writer.counting = false;
  writer.set("r9", "number");
};

const callee: Step = (writer) => {
  const argument = writer.pick("number", "small", "value", "context", "packet");
  if (argument === undefined) return;
  writer.emit(
    mov64("r1", argument),
    mov64("r2", "r10"),
    alu64("add", "r2", -8 * (1 + writer.random.int(8))),
    callFunction("callee"),
  );
  writer.clobber("number");
};

const STEPS: readonly (readonly [Step, number])[] = [
  [number, 5],
  [arithmetic, 6],
  [bound, 6],
  [branch, 5],
  [stack, 6],
  [lookup, 3],
  [direct, 1],
  [useValue, 6],
  [packet, 3],
  [ring, 1],
  [helper, 2],
  [loop, 1],
  [callee, 1],
];
const CHANCES = STEPS.flatMap(([one, weight]) => Array.from({ length: weight }, () => one));

/** Writes one random step. */
export function step(writer: Writer): void {
  const one = CHANCES[writer.random.int(CHANCES.length)];
  const nested = one === branch || one === loop;
  if (one === undefined || (nested && writer.depth >= 2) || writer.made.length > 300) return;
  if (one === packet && writer.type !== "xdp" && writer.type !== "sched_cls") return;
  writer.depth += 1;
  one(writer);
  writer.depth -= 1;
}
