import { loadCollection, run as runProgram } from "@ocelli/linux";

import type { CliContext } from "../context.ts";
import { UsageError } from "../exit.ts";
import { readBytes } from "../input.ts";
import { openObject } from "./inspect.ts";

/** Flags of `ocelli bpf run`. */
export interface RunFlags {
  readonly program: string;
  readonly data?: string;
  readonly context?: string;
  readonly repeat: number;
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
  // The others are not needed, and one of them may ask for what this kernel lacks.
  for (const program of spec.programs.values()) program.autoload = program.name === flags.program;
  using collection = loadCollection(spec);
  const result = runProgram(collection.program(flags.program), {
    repeat: flags.repeat,
    ...(data === undefined ? {} : { data }),
    ...(input === undefined ? {} : { context: input }),
  });
  const hex = Buffer.from(result.data).toString("hex");
  const report = { retval: result.returnValue, data: hex, ns_per_run: result.nsPerRun };
  const text = flags.json
    ? JSON.stringify(report)
    : `retval      ${report.retval}\ndata        ${hex === "" ? "(none)" : hex}\nns_per_run  ${report.ns_per_run}`;
  context.process.stdout.write(`${text}\n`);
}
