import type { CollectionSpec } from "@ocelli/bpf";
import { loadCollection, run as runProgram, type RunResult } from "@ocelli/linux";
import { createContextAt, createRunner, type VmRunInput } from "@ocelli/vm";

import type { CliContext } from "../context.ts";
import { UsageError } from "../exit.ts";
import { readBytes } from "../input.ts";
import { openObject } from "./inspect.ts";
import { loadObjectInVm, refused, type VmEngine } from "./vm-object.ts";

/** Flags of `ocelli bpf run`. */
export interface RunFlags {
  readonly program: string;
  readonly data?: string;
  readonly context?: string;
  readonly repeat: number;
  readonly engine: "kernel" | VmEngine;
  readonly json: boolean;
}

const MOST_RUNS = 2 ** 31 - 1;

/** `ocelli bpf run`. */
export async function run(context: CliContext, flags: RunFlags, path: string): Promise<void> {
  if (!Number.isInteger(flags.repeat) || flags.repeat < 1 || flags.repeat > MOST_RUNS)
    throw new UsageError(
      `Cannot use --repeat ${flags.repeat}: give a whole number from 1 to ${MOST_RUNS}`,
    );
  const data = flags.data === undefined ? undefined : await readBytes("data", flags.data);
  const input = flags.context === undefined ? undefined : await readBytes("context", flags.context);
  const spec = await openObject(context, path);
  if (!spec.programs.has(flags.program)) {
    const names = [...spec.programs.keys()].join(", ");
    throw new UsageError(`Cannot run "${flags.program}": "${path}" has the programs ${names}`);
  }
  const given = {
    ...(data === undefined ? {} : { data }),
    ...(input === undefined ? {} : { context: input }),
  };
  const result =
    flags.engine === "kernel"
      ? runInKernel(spec, flags, given)
      : runHere(spec, flags.engine, flags, given);
  const hex = Buffer.from(result.data).toString("hex");
  const report = { retval: result.returnValue, data: hex, ns_per_run: result.nsPerRun };
  const text = flags.json
    ? JSON.stringify(report)
    : `retval      ${report.retval}\ndata        ${hex === "" ? "(none)" : hex}\nns_per_run  ${report.ns_per_run}`;
  context.process.stdout.write(`${text}\n`);
}

type Outcome = Pick<RunResult, "returnValue" | "data" | "nsPerRun">;

function runInKernel(spec: CollectionSpec, flags: RunFlags, given: VmRunInput): Outcome {
  // The others are not needed, and one of them may ask for what this kernel lacks.
  for (const program of spec.programs.values()) program.autoload = program.name === flags.program;
  using collection = loadCollection(spec);
  const result = runProgram(collection.program(flags.program), {
    repeat: flags.repeat,
    ...given,
  });
  return result;
}

/** All runs but the last are for the clock, one on what the other left, as in the kernel; the last has the packet as it was given. */
function runHere(
  spec: CollectionSpec,
  engine: VmEngine,
  { program, repeat }: RunFlags,
  given: VmRunInput,
): Outcome {
  const loaded = loadObjectInVm(spec, program, engine);
  const mostBytes = Math.max(64, given.data?.length ?? 0, given.context?.length ?? 0);
  return refused(() => {
    const machine = loaded.programs.get(program);
    const address = createContextAt(loaded, program, given);
    const start = process.hrtime.bigint();
    for (let round = 1; round < repeat; round += 1) machine?.run(address);
    const nsPerRun = Number((process.hrtime.bigint() - start) / BigInt(repeat));
    const { returnValue, data } = createRunner(loaded, program, { mostBytes }).run(given);
    return { returnValue, data, nsPerRun };
  });
}
