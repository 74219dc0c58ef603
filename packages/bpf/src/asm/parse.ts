import { errorAt, failure, success, type Result } from "../diagnostic.ts";
import { addDiagnostic, createDiagnosticList, listDiagnostics } from "../diagnostic-list.ts";
import type { Instruction } from "./instruction.ts";
import { nameOfToken } from "./quoted-name.ts";
import { parseStatement } from "./statement.ts";

const LABEL =
  /^\s*(?:[0-9a-f]{16}\s+<([^<>\s]+)>|([A-Za-z_.$][\w.$]*|"(?:[^"\\\n]|\\u[\da-f]{4})*")):/;
// What listings put in front: the slot, and perhaps its bytes.
const LISTED =
  /^\s*\d+:\s*(?:(?:[0-9a-f]{2} ){7}[0-9a-f]{2}(?: (?:[0-9a-f]{2} ){7}[0-9a-f]{2})?\s+)?/;

/**
 * Reads assembly text in the kernel's notation, LLVM's or ubpf's (`mov32 %r0, 7`), also mixed, and what `formatListing()` and llvm-objdump print.
 * Statements end at a line's end or a `;`, labels at a `:`, and a name may stand for a helper, a label, a function or a
 * map: `call bpf_ktime_get_ns`, `goto out`, `call add`, `r1 = map[counts]`, `r1 = map[.bss][0]+8`, `r1 = kconfig[CONFIG_HZ]`.
 * Names that are no C names stand in quotes, `"a\u0020b":`. Comments are lines
 * that begin with `;`, the rest of a line after `//` or ` #`, and C comments. Names stay references;
 * `encodeInstructions()` resolves them. Spans count UTF-16 units of the text.
 */
export function parseAssembly(text: string): Result<Instruction[]> {
  const instructions: Instruction[] = [];
  const problems = createDiagnosticList();
  const aliases = new Map<string, string>();
  let pending: { readonly name: string; readonly offset: number }[] = [];
  for (const { offset, statement } of statements(text)) {
    let at = offset;
    let rest = statement;
    for (let match = LABEL.exec(rest); match !== null; match = LABEL.exec(rest)) {
      pending.push({
        name: match[1] ?? nameOfToken(match[2] ?? ""),
        offset: at + match[0].search(/\S/),
      });
      at += match[0].length;
      rest = rest.slice(match[0].length);
    }
    const listed = LISTED.exec(rest)?.[0].length ?? 0;
    at += listed;
    rest = rest.slice(listed);
    if (rest.trim() === "") continue;
    at += rest.search(/\S/);
    rest = rest.trim();
    const parsed = parseStatement(rest);
    if (!parsed.ok) {
      const span = { offset: at, length: rest.length };
      const quoted = rest.length > 80 ? `${rest.slice(0, 79)}…` : rest;
      const message = `Cannot parse "${quoted}": ${parsed.message}`;
      addDiagnostic(problems, errorAt("asm-syntax", span, message, parsed.hint));
      pending = [];
      continue;
    }
    const [first, ...others] = pending;
    for (const { name } of others) if (first !== undefined) aliases.set(name, first.name);
    pending = [];
    const { instruction } = parsed;
    instructions.push(first === undefined ? instruction : { ...instruction, symbol: first.name });
  }
  for (const { name, offset } of pending) {
    const span = { offset, length: name.length };
    addDiagnostic(
      problems,
      errorAt(
        "asm-label-at-end",
        span,
        `Cannot place label "${name}": no instruction follows it`,
        "Put it before an instruction",
      ),
    );
  }
  if (problems.found > 0) return failure(listDiagnostics(problems));
  return success(instructions.map((instruction) => withoutAlias(instruction, aliases)));
}

/** An instruction has one symbol; where several labels stand before it, references to the others go to the first. */
function withoutAlias(instruction: Instruction, aliases: ReadonlyMap<string, string>): Instruction {
  const { reference } = instruction;
  if (reference?.kind !== "label" && reference?.kind !== "function") return instruction;
  const name = aliases.get(reference.name);
  return name === undefined ? instruction : { ...instruction, reference: { ...reference, name } };
}

function* statements(text: string): Generator<{ offset: number; statement: string }> {
  let offset = 0;
  for (const line of withoutComments(text).split("\n")) {
    const isComment = line.trimStart().startsWith(";");
    const code = isComment ? "" : line.replace(/(?:\/\/|(?<=^|\s)#).*$/, "");
    let at = offset;
    for (const statement of code.split(";")) {
      yield { offset: at, statement };
      at += statement.length + 1;
    }
    offset += line.length + 1;
  }
}

/** The text with blanks in the place of C comments, so that offsets stay. One without an end reaches to the end. */
function withoutComments(text: string): string {
  const pieces: string[] = [];
  let at = 0;
  for (let start = text.indexOf("/*"); start !== -1; start = text.indexOf("/*", at)) {
    const end = text.indexOf("*/", start + 2);
    const after = end === -1 ? text.length : end + 2;
    pieces.push(text.slice(at, start), text.slice(start, after).replaceAll(/[^\n]/g, " "));
    at = after;
  }
  return pieces.join("") + text.slice(at);
}
