// Our verifier beside the kernel's, on the same programs by turns: milliseconds a program, and a ratio. Goal: a program of
// 4,000 instructions in at most 250 ms. Needs root.
import {
  alu64,
  encodeInstructions,
  exit,
  jumpIf,
  label,
  load,
  mov64,
  readCollection,
  linkProgram,
  store,
  type Instruction,
} from "@ocelli/bpf";
import { loadProgram, openKernel } from "@ocelli/linux";
import { fixture } from "@ocelli/testkit";
import { verify } from "@ocelli/vm";

import { median } from "./support/measure.ts";

const ROUNDS = 9;
const kernel = openKernel();

/** A packet parser of so many instructions: bounds checks, loads, arithmetic, branches that meet again, stores. */
function parser(length: number): Instruction[] {
  const program = [
    mov64("r6", "r1"),
    load("u32", "r7", "r6", 0),
    load("u32", "r8", "r6", 4),
    mov64("r9", 0),
  ];
  for (let round = 0; program.length < length - 4; round += 1) {
    const skip = `l${round}`;
    program.push(
      mov64("r2", "r7"),
      alu64("add", "r2", 14 + (round % 40)),
      jumpIf("r2", ">", "r8", "out"),
      load("u8", "r3", "r7", round % 14),
      alu64("and", "r3", 31),
      jumpIf("r3", ">", round % 31, skip),
      alu64("add", "r9", "r3"),
      store("u64", "r10", -8 * (1 + (round % 32)), "r9"),
      label(skip, mov64("r4", "r10")),
      alu64("add", "r4", -64),
      alu64("add", "r4", "r3"),
      load("u8", "r5", "r4", 0),
      alu64("xor", "r9", "r5"),
    );
  }
  program.push(mov64("r0", 2), exit(), label("out", mov64("r0", 1)), exit());
  return program;
}

function primes(): readonly Instruction[] {
  const spec = readCollection(fixture("vm-workloads"));
  const program = spec.ok ? spec.value.programs.get("primes") : undefined;
  if (!spec.ok || program === undefined) throw new Error("The fixture has no program primes");
  const linked = linkProgram(spec.value, program);
  if (!linked.ok) throw new Error("The fixture cannot be linked");
  return linked.value;
}

function measure(name: string, instructions: readonly Instruction[]): void {
  const bytes = encodeInstructions(instructions);
  if (!bytes.ok) throw new Error(`Cannot encode ${name}`);
  const program = {
    name,
    type: "xdp",
    attachType: undefined,
    attachTo: "",
    flags: 0,
    license: "GPL",
  } as const;
  const ours: number[] = [];
  const theirs: number[] = [];
  let processed = 0;
  for (let round = 0; round < ROUNDS; round += 1) {
    let start = performance.now();
    const verified = verify(program, instructions, { maps: new Map() });
    ours.push(performance.now() - start);
    if (!verified.ok) throw new Error(`${name}: ${verified.report.message}`);
    processed = verified.processed;
    start = performance.now();
    using _loaded = loadProgram(kernel, { type: "xdp", bytes: bytes.value, license: "GPL" });
    theirs.push(performance.now() - start);
  }
  const first = ours[0] ?? 0;
  const [a, b] = [median(ours), median(theirs)];
  console.log(
    `${name}: ${instructions.length} instructions, ${processed} processed: ours ${a.toFixed(1)} ms (first ${first.toFixed(1)}), kernel with its JIT ${b.toFixed(1)} ms, ${(a / b).toFixed(2)}×`,
  );
}

measure("parser of 500", parser(500));
measure("parser of 4,000", parser(4000));
measure("primes", primes());
