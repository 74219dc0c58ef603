import type { Instruction } from "../asm/instruction.ts";
import { errorAt, failure, success, type Diagnostic, type Result } from "../diagnostic.ts";
import {
  addDiagnostic,
  createDiagnosticList,
  listDiagnostics,
  type DiagnosticList,
} from "../diagnostic-list.ts";
import type { CollectionSpec, ProgramSpec } from "./spec.ts";

/** A function that is being searched for calls, and how far the search is. */
interface Visit {
  readonly name: string;
  readonly instructions: readonly Instruction[];
  next: number;
}

/**
 * Puts a program and every function that it reaches into one list: the program first, then each function where it is first
 * called or has its address taken, followed at once by those that it reaches itself. That is libbpf's order, so that
 * encoding gives libbpf's bytes. References stay; `encodeInstructions()` puts the distances in their place.
 *
 * Fails when a function is named that the collection does not hold.
 */
export function linkProgram(
  collection: Pick<CollectionSpec, "functions" | "programs">,
  program: ProgramSpec,
): Result<Instruction[]> {
  const linked: Instruction[] = [];
  const problems = createDiagnosticList();
  const reached = new Set([program.name]);
  const stack: Visit[] = [];

  const enter = (name: string, instructions: readonly Instruction[]): void => {
    for (const instruction of withSymbol(name, instructions, problems)) linked.push(instruction);
    stack.push({ name, instructions, next: 0 });
  };

  enter(program.name, program.instructions);
  // A list instead of recursion: a chain of calls may be as long as the file allows.
  for (let visit = stack.at(-1); visit !== undefined; visit = stack.at(-1)) {
    const instruction = visit.instructions[visit.next];
    visit.next += 1;
    if (instruction === undefined) {
      stack.pop();
      continue;
    }
    const { reference } = instruction;
    if (reference?.kind !== "function" || reached.has(reference.name)) continue;
    reached.add(reference.name);
    const target =
      collection.functions.get(reference.name) ?? collection.programs.get(reference.name);
    if (target === undefined)
      addDiagnostic(problems, undefinedFunction(program, visit, reference.name));
    else enter(reference.name, target.instructions);
  }
  return problems.found === 0 ? success(linked) : failure(listDiagnostics(problems));
}

/** The same instructions, the first with the function's name, by which calls find it. */
function withSymbol(
  name: string,
  instructions: readonly Instruction[],
  problems: DiagnosticList,
): readonly Instruction[] {
  const [first, ...rest] = instructions;
  if (first?.symbol === name) return instructions;
  if (first !== undefined && first.symbol === undefined)
    return [{ ...first, symbol: name }, ...rest];
  const found =
    first === undefined ? "it is empty" : `its first instruction is named "${first.symbol ?? ""}"`;
  addDiagnostic(
    problems,
    errorAt(
      "object-link-symbol",
      { offset: 0, length: 0 },
      `Cannot link function "${name}": ${found}`,
      "The first instruction of a function carries the function's name as its symbol",
    ),
  );
  return instructions;
}

function undefinedFunction(program: ProgramSpec, caller: Visit, name: string): Diagnostic {
  const { section } = program;
  return errorAt(
    "object-undefined-function",
    { offset: 0, length: 0, ...(section !== "" && { section }) },
    `Cannot link program "${program.name}": function "${name}", which "${caller.name}" refers to, is not in the collection`,
    "Add it to the collection's functions",
  );
}
