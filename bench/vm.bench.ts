// Interpreter and JIT beside the kernel's JIT (BPF_PROG_TEST_RUN) on the same bytecode, by turns; each workload in a
// process of its own. Goals: the JIT at most 1.1× of the kernel as a geometric mean and 1.5× at most; 50 million
// instructions a second in the interpreter; at most 5 µs of translation an instruction. Needs root.
import { spawnSync } from "node:child_process";

import { formatDiagnostic, linkProgram, readCollection, type Instruction } from "@ocelli/bpf";
import { loadCollection, run as runInKernel } from "@ocelli/linux";
import { fixture } from "@ocelli/testkit";
import {
  createInterpreter,
  createJit,
  createStepper,
  loadInVm,
  prepareProgram,
  type Machine,
  type MachineOptions,
  type PreparedProgram,
} from "@ocelli/vm";

import { compare, median } from "./support/measure.ts";

const WORKLOADS = ["empty", "primes", "fnv", "mix", "checksum", "ports", "flows"] as const;
const PACKET = Uint8Array.from({ length: 1024 }, (_, index) => (index * 7 + 3) & 0xff);
// Ethernet, IPv4, TCP.
PACKET.set([0x08, 0x00, 0x45], 12);
PACKET[23] = 6;
const ROUND_NS = 2_000_000;
const WARM_UP_MS = 300;

const object = readCollection(fixture("vm-workloads"));
if (!object.ok) throw new Error(object.diagnostics.map(formatDiagnostic).join("\n"));
const spec = object.value;

function linked(name: string): Instruction[] {
  const program = spec.programs.get(name);
  if (program === undefined) throw new Error(`The object has no program "${name}"`);
  const result = linkProgram(spec, program);
  if (!result.ok) throw new Error(result.diagnostics.map(formatDiagnostic).join("\n"));
  return result.value;
}

function prepared(instructions: readonly Instruction[]): PreparedProgram {
  const result = prepareProgram(instructions);
  if (!result.ok) throw new Error(result.diagnostics.map(formatDiagnostic).join("\n"));
  return result.value;
}

const loaded = loadInVm(spec);
const { memory } = loaded;
const context = memory.allocate(24);
const packet = memory.allocate(PACKET.length);
memory.bytes.set(PACKET, packet);
memory.view.setUint32(context, packet, true);
memory.view.setUint32(context + 4, packet + PACKET.length, true);

/** Nanoseconds a run, over as many runs as fill a round. */
function nsPerRun(machine: Machine, runs: number): number {
  const start = performance.now();
  for (let i = 0; i < runs; i += 1) machine.run(context);
  return ((performance.now() - start) * 1e6) / runs;
}

function countInstructions(options: MachineOptions): number {
  const stepper = createStepper(options);
  stepper.restart(context);
  let count = 1;
  while (stepper.step()) count += 1;
  return count;
}

const ENGINES: Readonly<Record<string, (options: MachineOptions) => Machine>> = {
  jit: (options) => createJit(options),
  "jit of trusted code": (options) => createJit({ ...options, trusted: true }),
  "jit by br_table": (options) => createJit({ ...options, dispatch: true }),
  interpreter: (options) => createInterpreter(options),
};

async function measure(name: string, engine: string): Promise<void> {
  for (const program of spec.programs.values()) program.autoload = program.name === name;
  using collection = loadCollection(spec);
  const kernel = collection.program(name);
  const inKernel = (repeat: number): { returnValue: number; nsPerRun: number } =>
    runInKernel(kernel, { data: PACKET, repeat });
  const options = loaded.prepared.get(name);
  if (options === undefined) throw new Error(`The object has no program "${name}"`);
  const instructions = countInstructions(options);
  const machine = ENGINES[engine]?.(options);
  if (machine === undefined) throw new Error(`There is no engine "${engine}"`);
  const found = machine.run(context);
  const expected = inKernel(1).returnValue;
  if (found !== expected) throw new Error(`${engine} gives ${found}, the kernel ${expected}`);
  // Long enough for the host's optimising compiler, which works beside us.
  for (const end = performance.now() + WARM_UP_MS; performance.now() < end;) machine.run(context);
  const runs = Math.max(1, Math.round(ROUND_NS / nsPerRun(machine, 100)));
  const repeat = Math.max(1, Math.round(ROUND_NS / Math.max(1, inKernel(1000).nsPerRun)));
  const times: number[] = [];
  await compare(
    `${name}: a run`,
    "ns",
    [
      { name: "kernel", run: () => inKernel(repeat).nsPerRun },
      {
        name: engine,
        run: () => {
          const time = nsPerRun(machine, runs);
          times.push(time);
          return time;
        },
      },
    ],
    { rounds: 25, warmUp: 2 },
  );
  const speed = (instructions * 1e3) / median(times);
  console.log(`  ${instructions} instructions a run: ${speed.toFixed(0)} M/s`);
}

/** Nanoseconds an instruction that preparing and compiling take, the engine's own compilation included. */
function measureTranslation(length: number): void {
  const body = linked("mix").filter(({ opcode }) => (opcode & 7) === 4 || (opcode & 7) === 7);
  const instructions: Instruction[] = [];
  while (instructions.length < length)
    for (const { opcode, dst, src, offset, imm } of body)
      instructions.push({ opcode, dst, src, offset, imm });
  instructions.push({ opcode: 0x95, dst: 0, src: 0, offset: 0, imm: 0 });
  const times = Array.from({ length: 9 }, () => {
    const start = performance.now();
    createJit({ program: prepared(instructions), memory }).run(context);
    return ((performance.now() - start) * 1000) / instructions.length;
  });
  console.log(
    `\nTranslation of ${instructions.length} instructions, and one run: ${median(times).toFixed(2)} µs each; the first time ${(times[0] ?? 0).toFixed(2)} µs`,
  );
}

const [only, engine = ""] = process.argv.slice(2);
if (only === "translation") for (const length of [100, 1000, 9000]) measureTranslation(length);
else if (only !== undefined) await measure(only, engine);
else {
  const cases = WORKLOADS.flatMap((name) => Object.keys(ENGINES).map((title) => [name, title]));
  for (const one of [...cases, ["translation"]]) {
    const args = [...process.execArgv, import.meta.filename, ...one];
    const { status } = spawnSync(process.execPath, args, { stdio: "inherit" });
    if (status !== 0) process.exitCode = 1;
  }
}
