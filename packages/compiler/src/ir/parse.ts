import {
  CORE_KINDS,
  errorAt,
  failure,
  isHelper,
  success,
  type Diagnostic,
  type Result,
} from "@ocelli/bpf";

import {
  successorsOf,
  type Arithmetic,
  type Block,
  type Comparison,
  type Instruction,
  type IrFunction,
  type KernelField,
  type Operation,
  type Terminator,
  type Value,
  type Width,
} from "./ir.ts";

const NOWHERE = { offset: 0, length: 0 };
const WIDTHS: Readonly<Record<string, Width | undefined>> = { 8: 1, 16: 2, 32: 4, 64: 8 };
const COMPARISONS: ReadonlySet<string> = new Set("== != < <= > >= s< s<= s> s>=".split(" "));
const ARITHMETIC = /^(add|sub|mul|div|mod|and|or|xor|shl|shr|sar)(32|64) (.+), (.+)$/;

/**
 * Reads a program in the IR's own language, as `printIr()` writes it: printing what was read gives the same text. Every value
 * has to be made somewhere, and every phi to name the blocks that lead to it. Spans of diagnostics are offsets in the text; the
 * program's own spans are empty.
 */
export function parseIr(text: string): Result<IrFunction> {
  const reader = new IrReader(text);
  const program = reader.read();
  return program === undefined || reader.diagnostics.length > 0
    ? failure(reader.diagnostics)
    : success(program);
}

class IrReader {
  readonly diagnostics: Diagnostic[] = [];
  readonly #lines: readonly { readonly text: string; readonly offset: number }[];
  readonly #values = new Map<string, Value>();
  readonly #made = new Map<Value, Instruction>();
  readonly #blocks = new Map<string, Block>();
  readonly #defined: Block[] = [];
  readonly #phis: {
    readonly block: Block;
    readonly from: readonly string[];
    readonly at: number;
  }[] = [];
  #next = 1;
  #at = { offset: 0, length: 0 };

  constructor(text: string) {
    let offset = 0;
    this.#lines = text.split("\n").map((line) => {
      const start = offset;
      offset += line.length + 1;
      return { text: line.trim(), offset: start };
    });
  }

  read(): IrFunction | undefined {
    let name: string | undefined;
    const slots: { readonly size: number }[] = [];
    let block: Block | undefined;
    for (const { text, offset } of this.#lines) {
      this.#at = { offset, length: text.length };
      if (text === "" || text === "}") continue;
      const head = /^program (\S+) \{$/.exec(text);
      const slot = /^slot (\d+): (\d+) bytes$/.exec(text);
      const label = /^(b\d+):$/.exec(text);
      if (head !== null) name = head[1];
      else if (slot !== null) slots[Number(slot[1])] = { size: Number(slot[2]) };
      else if (label !== null) {
        block = this.#block(label[1] ?? "");
        this.#defined.push(block);
      } else if (block === undefined || block.end !== undefined)
        this.#refuse("it stands in no block");
      else this.#line(block, text);
    }
    this.#at = NOWHERE;
    if (name === undefined) {
      this.#refuse('it does not begin with "program NAME {"');
      return undefined;
    }
    this.#connect();
    return { name, blocks: this.#defined, slots, values: this.#made };
  }

  #refuse(why: string): undefined {
    this.diagnostics.push(
      errorAt(
        "ir-syntax",
        this.#at,
        `Cannot read this line: ${why}`,
        "Write what printIr() writes",
      ),
    );
  }

  #block(name: string): Block {
    const known = this.#blocks.get(name);
    if (known !== undefined) return known;
    const made: Block = {
      id: this.#blocks.size,
      instructions: [],
      predecessors: [],
      end: undefined,
      span: NOWHERE,
    };
    this.#blocks.set(name, made);
    return made;
  }

  /** The number of a value that is named, or of one that every use makes anew. */
  #value(text: string): Value {
    const name = text.trim();
    const known = this.#values.get(name);
    if (known !== undefined) return known;
    const id = this.#next++;
    this.#values.set(name, id);
    const operation = everywhere(name);
    if (operation !== undefined) this.#made.set(id, { ...operation, id, span: NOWHERE });
    else if (!/^%\d+$/.test(name)) this.#refuse(`"${name}" is no value`);
    return id;
  }

  #line(block: Block, text: string): void {
    const end = this.#end(text);
    if (end !== undefined) {
      block.end = end;
      return;
    }
    const named = /^(%\d+) = (.+)$/.exec(text);
    const operation = this.#operation(named?.[2] ?? text, block);
    if (operation === undefined) {
      this.#refuse("there is no such instruction");
      return;
    }
    const id = named === null ? this.#next++ : this.#value(named[1] ?? "");
    if (this.#made.has(id)) this.#refuse(`${named?.[1] ?? "its value"} is made twice`);
    const made: Instruction = { ...operation, id, span: NOWHERE };
    this.#made.set(id, made);
    block.instructions.push(made);
  }

  #end(text: string): Terminator | undefined {
    const jump = /^jump (b\d+)$/.exec(text);
    if (jump !== null) return { kind: "jump", target: this.#block(jump[1] ?? "") };
    const leave = /^return (.+)$/.exec(text);
    if (leave !== null) return { kind: "return", value: this.#value(leave[1] ?? "") };
    const branch = /^if (.+) (\S+) (.+) then (b\d+) else (b\d+)$/.exec(text);
    if (branch === null) return undefined;
    const [, left = "", comparison = "", right = "", taken = "", otherwise = ""] = branch;
    if (!COMPARISONS.has(comparison)) this.#refuse(`"${comparison}" is no comparison`);
    return {
      kind: "branch",
      // Checked against the list above.
      comparison: comparison as Comparison,
      left: this.#value(left),
      right: this.#value(right),
      taken: this.#block(taken),
      otherwise: this.#block(otherwise),
      span: NOWHERE,
    };
  }

  #operation(text: string, block: Block): Operation | undefined {
    const arithmetic = ARITHMETIC.exec(text);
    if (arithmetic !== null) {
      const [, operator = "add", bits, left = "", right = ""] = arithmetic;
      return {
        op: "arithmetic",
        // The expression knows no other operators.
        operator: operator as Arithmetic,
        bits: bits === "32" ? 32 : 64,
        left: this.#value(left),
        right: this.#value(right),
      };
    }
    const [, word = "", rest = ""] = /^(\S+) ?(.*)$/.exec(text) ?? [];
    const sized = /^(zext|sext|swap|load|store|atomic\.add)(\d+)$/.exec(word);
    if (sized !== null) return this.#sized(sized[1] ?? "", Number(sized[2]), rest);
    switch (word) {
      case "nonnull":
        return { op: "nonnull", value: this.#value(rest) };
      case "function":
        return { op: "function", name: rest.slice(1) };
      case "data": {
        const [, map = "", offset = ""] = /^(\S+) \+ (\d+)$/.exec(rest) ?? [];
        return { op: "data", map, offset: Number(offset) };
      }
      case "core":
        return coreFact(rest);
      case "call":
        return this.#call(rest);
      case "phi":
        return this.#phi(rest, block);
      default:
        return undefined;
    }
  }

  #sized(name: string, bits: number, rest: string): Operation | undefined {
    if (name === "zext" || name === "sext")
      return bits === 8 || bits === 16 || bits === 32
        ? { op: "extend", signed: name === "sext", bits, value: this.#value(rest) }
        : undefined;
    if (name === "swap")
      return bits === 16 || bits === 32 || bits === 64
        ? { op: "swap", bits, value: this.#value(rest) }
        : undefined;
    const width = WIDTHS[bits];
    const [, base = "", offset = "", value, described] =
      /^(.+?) \+ (-?\d+)(?:, ([^;]+?))?(?: ; (\S+))?$/.exec(rest) ?? [];
    if (width === undefined || base === "") return undefined;
    const place = { width, base: this.#value(base), offset: Number(offset) };
    if (name === "load")
      return {
        op: "load",
        ...place,
        ...(described !== undefined && { field: fieldOf(described) }),
      };
    if (value === undefined) return undefined;
    if (name === "store") return { op: "store", ...place, value: this.#value(value) };
    return width === 4 || width === 8
      ? { op: "atomic-add", ...place, width, value: this.#value(value) }
      : undefined;
  }

  #call(rest: string): Operation | undefined {
    const [, name = "", list = ""] = /^(\S+?)\((.*)\)$/.exec(rest) ?? [];
    const args = list === "" ? [] : list.split(", ").map((one) => this.#value(one));
    if (name.startsWith("@")) return { op: "call-function", name: name.slice(1), args };
    return isHelper(name) ? { op: "call", helper: name, args } : undefined;
  }

  #phi(rest: string, block: Block): Operation {
    const from: string[] = [];
    const inputs = rest.split(", ").map((one) => {
      const [, label = "", value = ""] = /^(b\d+): (.+)$/.exec(one) ?? [];
      from.push(label);
      return this.#value(value);
    });
    this.#phis.push({ block, from, at: this.#at.offset });
    return { op: "phi", inputs };
  }

  /** Predecessors in the order in which phis name them, elsewhere in that of the text. */
  #connect(): void {
    for (const block of this.#defined)
      for (const next of successorsOf(block)) next.predecessors.push(block);
    for (const { block, from, at } of this.#phis) {
      const named = from.map((name) => this.#block(name));
      const same =
        named.length === block.predecessors.length &&
        block.predecessors.every((one) => named.includes(one));
      this.#at = { offset: at, length: 0 };
      if (!same) this.#refuse("the phi does not name the blocks that lead here");
      else block.predecessors = named;
    }
    this.#at = NOWHERE;
    for (const [name, block] of this.#blocks)
      if (block.end === undefined) this.#refuse(`block ${name} has no end`);
    for (const [name, id] of this.#values)
      if (!this.#made.has(id)) this.#refuse(`nothing makes ${name}`);
  }
}

function everywhere(name: string): Operation | undefined {
  if (/^-?\d+$/.test(name)) return { op: "const", value: BigInt.asIntN(64, BigInt(name)) };
  if (name === "context") return { op: "context" };
  const [, kind, rest = ""] = /^(map|slot|parameter) (\S+)$/.exec(name) ?? [];
  switch (kind) {
    case "map":
      return { op: "map", name: rest };
    case "slot":
      return { op: "slot", slot: Number(rest) };
    case "parameter":
      return { op: "parameter", index: Number(rest) };
    default:
      return undefined;
  }
}

function fieldOf(text: string): KernelField {
  const [struct = "", ...path] = text.split(".");
  return { struct, path: path.map((one) => (/^\d+$/.test(one) ? Number(one) : one)) };
}

function coreFact(text: string): Operation | undefined {
  const [, kind = "", value = "0", field = ""] = /^(\S+) (-?\d+) ; (\S+)$/.exec(text) ?? [];
  const relocation = CORE_KINDS.find((one) => one === kind);
  return relocation === undefined
    ? undefined
    : { op: "core", relocation, value: BigInt(value), field: fieldOf(field) };
}
