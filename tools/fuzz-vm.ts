// Random programs in interpreter, JIT and kernel:
//   node --conditions=development tools/fuzz-vm.ts valid|wild [--count N] [--seed S] [--seconds T]
// valid: programs that every kernel takes; the lower half of r0 must be the same in all three (root). wild: instructions that
// nobody checked, with calls of all helpers on all kinds of maps; results, errors, fuel and the whole memory must be the same in
// both engines, constants and the first page must be as before, and none may take longer than a second of processor time. Reports the number
// of programs; at the first difference prints the seed and ends with 1.
import { parseArgs } from "node:util";

import {
  encodeInstructions,
  mapSpec,
  printAssembly,
  type Instruction,
  type MapSpec,
} from "@ocelli/bpf";
import { loadProgram, openKernel, run as runInKernel } from "@ocelli/linux";
import { createRandom, randomProgram, randomSoup } from "@ocelli/testkit";
import {
  createInterpreter,
  createJit,
  createMemory,
  createSystem,
  helpersFor,
  prepareProgram,
  VmError,
  type Machine,
  type MachineOptions,
  type VmMemory,
} from "@ocelli/vm";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    count: { type: "string", default: "1000" },
    seed: { type: "string", default: "1" },
    seconds: { type: "string", default: "3600" },
  },
});
const count = Number(values.count);
const first = Number(values.seed);
const end = performance.now() + Number(values.seconds) * 1000;

class Difference extends Error {}

function prepared(instructions: readonly Instruction[]): MachineOptions["program"] {
  const result = prepareProgram(instructions);
  if (!result.ok) throw new Difference(`cannot be prepared: ${JSON.stringify(result.diagnostics)}`);
  return result.value;
}

// Valid programs ------------------------------------------------------------------------------------------------------

const kernel = openKernel();
const packet = new Uint8Array(64);
const small = createMemory({ size: 1 << 16 });

function checkValid(seed: number): void {
  const instructions = randomProgram(seed, { level: 4, length: 10 + (seed % 90) });
  const encoded = encodeInstructions(instructions);
  if (!encoded.ok) throw new Difference("cannot be encoded");
  using loaded = loadProgram(kernel, {
    type: "socket_filter",
    bytes: encoded.value,
    license: "GPL",
  });
  const expected = runInKernel(loaded, { data: packet }).returnValue;
  const options = { program: prepared(instructions), memory: small };
  const found = createInterpreter(options).run();
  const compiled = createJit(options).run();
  if (found !== compiled)
    throw new Difference(`the JIT gives ${compiled}, the interpreter ${found}`);
  if (found === expected) return;
  const fetches = instructions.some(
    ({ opcode, imm }) => (opcode & 0xe7) === 0xc3 && (imm & 1) === 1,
  );
  if (!fetches) throw new Difference(`both engines give ${found}, the kernel ${expected}`);
  disputed.push(seed);
}

/**
 * Seeds of programs that fetch from the stack and get another result from the kernel alone. Its verifier does not follow
 * the precision of what an atomic operation fetched back to the stack (backtrack_insn()), so that it takes states for equal
 * that are not, and leaves out a branch that is taken: seen on 6.18 in a program that fetches 0 from a slot which held a larger
 * constant at an earlier call.
 */
const disputed: number[] = [];

// Wild programs -------------------------------------------------------------------------------------------------------

const MAPS: readonly MapSpec[] = [
  mapSpec({ name: "array", type: "array", valueSize: 16, maxEntries: 5 }),
  mapSpec({ name: "hash", type: "hash", valueSize: 8, maxEntries: 4 }),
  mapSpec({ name: "lru", type: "lru_percpu_hash", keySize: 6, valueSize: 12, maxEntries: 3 }),
  mapSpec({ name: "trie", type: "lpm_trie", keySize: 8, valueSize: 8, maxEntries: 4, flags: 1 }),
  mapSpec({ name: "queue", type: "queue", keySize: 0, valueSize: 8, maxEntries: 2 }),
  mapSpec({ name: "ring", type: "ringbuf", maxEntries: 4096 }),
  mapSpec({ name: "perf", type: "perf_event_array" }),
  mapSpec({ name: "jumps", type: "prog_array", maxEntries: 2 }),
  mapSpec({ name: "stacks", type: "stack_trace", valueSize: 32, maxEntries: 4 }),
  mapSpec({ name: "outer", type: "array_of_maps", maxEntries: 2 }),
  mapSpec({ name: "constants", type: "array", valueSize: 64, flags: 0x80 }),
];
const HANDLE = 0xe000_0000 | 0;
const READ_ONLY = 64;
const PAGE = 0x1000;
const memory: VmMemory = createMemory({ size: 1 << 17, readOnlySize: 4096 });
const start = memory.mark();
const pattern = Uint8Array.from(memory.bytes, (_, at) =>
  at >= PAGE && at < memory.writableEnd ? Math.imul(at, 0x9e37_79b1) >>> 24 : 0,
);
// Constants are set aside once: what is only read is never released.
const withoutConstants = MAPS.slice(0, -1);

interface Trace {
  readonly end: string;
  readonly memory: Uint8Array;
}

function trace(
  make: (options: MachineOptions) => Machine,
  instructions: readonly Instruction[],
): Trace {
  memory.release(start);
  memory.bytes.set(pattern);
  let clock = 0n;
  const random = createRandom(5);
  const system = createSystem({
    memory,
    nowNs: () => (clock += 7n),
    random: () => random.word(),
    stack: () => [1n, 2n, 3n],
    print: () => undefined,
  });
  for (const map of withoutConstants) system.addMap(map);
  const machine = make({
    program: prepared(instructions),
    memory,
    helpers: helpersFor(system, "sched_cls"),
    fuel: 200,
  });
  const jumps = system.maps[7]?.targets;
  if (jumps !== undefined) jumps[0] = machine;
  const from = process.cpuUsage();
  let result: string;
  try {
    machine.run(0x2000, 16);
    result = `${machine.result()} with ${machine.fuelLeft()}`;
  } catch (error) {
    if (!(error instanceof VmError)) throw error;
    result = `${error.code}: ${error.message}`;
  }
  const { user, system: inKernel } = process.cpuUsage(from);
  const took = (user + inKernel) / 1000;
  if (took > 1000) throw new Difference(`it took ${took.toFixed(0)} ms`);
  if (memory.bytes.subarray(memory.writableEnd).some((byte) => byte !== 0))
    throw new Difference("it wrote to constants");
  if (memory.bytes.subarray(READ_ONLY, PAGE).some((byte) => byte !== 0))
    throw new Difference("it wrote to the first page");
  return { end: result, memory: memory.bytes.slice(PAGE) };
}

const HELPER_NUMBERS = [...helpersFor(createSystem({ memory }), "sched_cls").keys()].filter(
  (n) => n > 0,
);
const ends = new Map<string, number>();

function checkWild(seed: number): void {
  const random = createRandom(seed);
  const soup = randomSoup(seed, 8 + (seed % 40), [
    0x2000,
    0x2100,
    memory.writableEnd - 4,
    memory.size - 4,
    PAGE,
    HANDLE,
    HANDLE + 1,
    HANDLE + 2,
    HANDLE + 3,
    HANDLE + 4,
    HANDLE + 5,
    HANDLE + 6,
    HANDLE + 7,
    HANDLE + 8,
    0,
    8,
  ]);
  // Calls of functions become calls of helpers now and then.
  const instructions = soup.map((one): Instruction => {
    if (one.opcode !== 0x85 || random.int(4) === 0) return one;
    const imm = HELPER_NUMBERS[random.int(HELPER_NUMBERS.length)] ?? 1;
    return { opcode: 0x85, dst: 0, src: 0, offset: 0, imm };
  });
  const expected = trace(createInterpreter, instructions);
  const found = trace(createJit, instructions);
  const kind = /^\d+ with/.test(expected.end) ? "ran" : (expected.end.split(":")[0] ?? "");
  ends.set(kind, (ends.get(kind) ?? 0) + 1);
  if (found.end !== expected.end)
    throw new Difference(
      `the JIT ends with "${found.end}", the interpreter with "${expected.end}"`,
    );
  if (Buffer.compare(found.memory, expected.memory) !== 0)
    throw new Difference("the memory is not the same");
}

const check = positionals[0] === "wild" ? checkWild : checkValid;
const started = performance.now();
let done = 0;
for (; done < count && performance.now() < end; done++) {
  const seed = first + done;
  try {
    check(seed);
  } catch (error) {
    if (!(error instanceof Difference)) throw error;
    console.error(`seed ${seed}: ${error.message}`);
    const program =
      positionals[0] === "wild" ? [] : randomProgram(seed, { level: 4, length: 10 + (seed % 90) });
    if (program.length > 0) console.error(printAssembly(program, "kernel"));
    process.exitCode = 1;
    break;
  }
}
const seconds = (performance.now() - started) / 1000;
if (disputed.length > 0) console.log(`${disputed.length} disputed: ${disputed.join(", ")}`);
const summary = [...ends].map(([kind, times]) => `${kind} ${times}`).join(", ");
console.log(
  `${done} programs from seed ${first} in ${seconds.toFixed(0)} s (${(done / seconds).toFixed(0)}/s)${summary === "" ? "" : `: ${summary}`}`,
);
