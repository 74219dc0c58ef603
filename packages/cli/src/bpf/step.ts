import { createInterface } from "node:readline";

import { createContextAt, createStepper, VmError, type Stepper } from "@ocelli/vm";

import type { CliContext } from "../context.ts";
import { RefusedError, UsageError } from "../exit.ts";
import { readBytes } from "../input.ts";
import { toJson } from "../output/json.ts";
import { openObject } from "./inspect.ts";
import { runCommandLine, type Session } from "./step-session.ts";
import { loadObjectInVm, refused } from "./vm-object.ts";

/** Flags of `ocelli bpf step`. */
export interface StepFlags {
  readonly program?: string;
  readonly data?: string;
  readonly context?: string;
  readonly most: number;
  readonly json: boolean;
}

/** `ocelli bpf step`. */
export async function step(context: CliContext, flags: StepFlags, path: string): Promise<void> {
  const data = flags.data === undefined ? undefined : await readBytes("data", flags.data);
  const input = flags.context === undefined ? undefined : await readBytes("context", flags.context);
  const spec = await openObject(context, path);
  const names = [...spec.programs.keys()];
  const name = flags.program ?? (names.length === 1 ? names[0] : undefined);
  if (name === undefined || !spec.programs.has(name))
    throw new UsageError(
      `Cannot step through ${name === undefined ? "the object: say which by --program" : `"${name}"`}: "${path}" has the programs ${names.join(", ")}`,
    );
  const loaded = loadObjectInVm(spec, name, "interpreter");
  const options = loaded.prepared.get(name);
  if (options === undefined)
    throw new RefusedError(`Cannot step through "${name}": it was not loaded`);
  const address = refused(() =>
    createContextAt(loaded, name, {
      ...(data === undefined ? {} : { data }),
      ...(input === undefined ? {} : { context: input }),
    }),
  );
  const stepper = createStepper(options);
  stepper.restart(address);
  if (flags.json) printSteps(context, stepper, flags.most);
  else await ask(context, stepper, address);
}

/** Every step as a line: where it is, what it will do, and the registers before it; at last the result. */
function printSteps(context: CliContext, stepper: Stepper, most: number): void {
  const print = (value: unknown): void => {
    context.process.stdout.write(`${toJson(value)}\n`);
  };
  for (let count = 1; count <= most; count++) {
    const { slot, text, source } = stepper.place();
    const registers = stepper.registers().map((value) => `0x${value.toString(16)}`);
    const line = source === undefined ? undefined : `${source.file}:${source.line}`;
    print({ step: count, slot, depth: stepper.callers().length, text, line, registers });
    const goesOn = refused(() => stepper.step());
    if (!goesOn) {
      print({ result: `0x${(stepper.registers()[0] ?? 0n).toString(16)}` });
      return;
    }
  }
  print({ stopped: `after ${most} steps` });
}

async function ask(context: CliContext, stepper: Stepper, address: number): Promise<void> {
  const { stdout } = context.process;
  const session: Session = { stepper, address, breakpoints: new Set(), ended: false, last: "s" };
  const lines = createInterface({ input: process.stdin, terminal: false });
  const show = (text: string): void => {
    stdout.write(text);
  };
  const close = (): void => {
    lines.close();
  };
  context.interrupted().addEventListener("abort", close);
  show(`${runCommandLine(session, "l").join("\n")}\n> `);
  for await (const line of lines) {
    if (line.trim() === "q") break;
    try {
      for (const text of runCommandLine(session, line)) show(`${text}\n`);
    } catch (error) {
      if (!(error instanceof VmError)) throw error;
      session.ended = true;
      show(`${error.message}\n`);
    }
    show("> ");
  }
  show("\n");
}
