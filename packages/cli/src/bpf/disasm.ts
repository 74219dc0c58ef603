import { formatListing, relocationDescriber, type Instruction, type Notation } from "@ocelli/bpf";

import type { CliContext } from "../context.ts";
import { UsageError } from "../exit.ts";
import { openObject } from "./inspect.ts";

/** Flags of `ocelli bpf disasm`. */
export interface DisasmFlags {
  readonly notation: Notation;
}

/** `ocelli bpf disasm`. */
export async function disasm(
  context: CliContext,
  flags: DisasmFlags,
  path: string,
  name: string | undefined,
): Promise<void> {
  const spec = await openObject(context, path);
  const bodies = new Map<string, readonly Instruction[]>();
  for (const body of [...spec.programs.values(), ...spec.functions.values()])
    bodies.set(body.name, body.instructions);
  if (name !== undefined && !bodies.has(name)) {
    const known = [...bodies.keys()].join(", ");
    throw new UsageError(`Cannot find "${name}" in "${path}": it has ${known}`);
  }
  const chosen = [...bodies].filter(([one]) => name === undefined || one === name);
  const { notation } = flags;
  const { littleEndian, btf } = spec;
  const options = {
    notation,
    littleEndian,
    ...(btf === undefined ? {} : { describeRelocation: relocationDescriber(btf) }),
  };
  context.process.stdout.write(
    chosen.map(([, instructions]) => formatListing(instructions, options)).join("\n"),
  );
}
