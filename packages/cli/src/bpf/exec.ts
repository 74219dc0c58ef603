import { text } from "node:stream/consumers";

import {
  decodeInstructions,
  formatDiagnostic,
  readElf,
  type Instruction,
  type Result,
} from "@ocelli/bpf";
import {
  basicHelpers,
  createInterpreter,
  createJit,
  createMemory,
  prepareProgram,
} from "@ocelli/vm";

import type { CliContext } from "../context.ts";
import { RefusedError, UsageError } from "../exit.ts";

/** Flags of `ocelli bpf exec`. */
export interface ExecFlags {
  readonly engine: "interpreter" | "jit" | "kernel";
  readonly elf: boolean;
}

/** `ocelli bpf exec`. */
export async function exec(
  context: CliContext,
  { engine, elf }: ExecFlags,
  given: string | undefined,
): Promise<void> {
  const memory = bytesOf("memory", given ?? "");
  const program = bytesOf("bytecode on standard input", await text(process.stdin));
  const instructions = valueOf(decodeInstructions(elf ? codeOf(program) : program));
  const result =
    engine === "kernel"
      ? (await import("./exec-kernel.ts")).execInKernel(instructions, memory)
      : execHere(engine, instructions, memory);
  context.process.stdout.write(`${result.toString(16)}\n`);
}

const EXECUTABLE = 4;

/** The code of an ELF file: its first section of instructions that has any. */
function codeOf(bytes: Uint8Array): Uint8Array {
  const { sections } = valueOf(readElf(bytes));
  const code = sections.find(({ flags, data }) => (flags & EXECUTABLE) !== 0 && data.length > 0);
  if (code === undefined)
    throw new RefusedError("Cannot run the ELF file: none of its sections has instructions");
  return code.data;
}

function execHere(
  engine: "interpreter" | "jit",
  instructions: readonly Instruction[],
  given: Uint8Array,
): bigint {
  const memory = createMemory({ size: given.length + (1 << 17) });
  const address = memory.allocate(given.length);
  memory.bytes.set(given, address);
  const helpers = basicHelpers({
    nowNs: () => process.hrtime.bigint(),
    random: () => Math.floor(Math.random() * 2 ** 32),
  });
  const program = valueOf(prepareProgram(instructions));
  const make = engine === "jit" ? createJit : createInterpreter;
  const machine = make({ program, memory, helpers });
  machine.run(given.length === 0 ? 0 : address, given.length);
  return machine.result();
}

function bytesOf(what: string, digits: string): Uint8Array {
  const packed = digits.replaceAll(/\s|0x/gi, "");
  if (packed.length % 2 === 0 && /^[0-9a-f]*$/i.test(packed))
    return new Uint8Array(Buffer.from(packed, "hex"));
  throw new UsageError(`Cannot read the ${what}: use pairs of hexadecimal digits`);
}

function valueOf<T>(result: Result<T>): T {
  if (result.ok) return result.value;
  throw new RefusedError(result.diagnostics.map(formatDiagnostic).join("\n"));
}
