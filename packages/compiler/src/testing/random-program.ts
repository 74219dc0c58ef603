import {
  compare,
  compute,
  indent,
  U32,
  U64,
  WIDTHS,
  wrap,
  type Code,
  type Expr,
  type Name,
  type State,
  type Test,
  type Width,
} from "./random-parts.ts";

// Random well-typed programs for tests: each is made in two languages at once, as the source of a module and as closures over
// BigInt that compute the same exactly.

/** A random program: the source of a module with a program `p`, and what its eight outputs are for four arguments. */
export interface RandomProgram {
  readonly source: string;
  readonly run: (args: readonly bigint[]) => readonly bigint[];
}

/** Makes the program of a seed. The same seed gives the same program. `callbacks` lets it loop with the kernel counting. */
export function randomProgram(seed: number, callbacks: boolean): RandomProgram {
  return new Generator(seed, callbacks).program();
}

const FIELDS: readonly (readonly [string, Width])[] = [
  ["a", U32],
  ["b", U64],
  ["c", { name: "i32", bits: 32, signed: true }],
];

class Generator {
  #state: number;
  readonly #callbacks: boolean;
  #names: Name[] = [];
  #next = 0;
  #inLoop = 0;
  #inCallback = false;
  /** Rounds that may still be nested into each other. */
  #rounds = 64;
  #budget = 40;
  readonly #functions: {
    readonly name: string;
    readonly widths: readonly Width[];
    readonly result: Width;
    readonly value: (state: State, args: readonly bigint[]) => bigint;
  }[] = [];

  constructor(seed: number, callbacks: boolean) {
    this.#state = (seed * 2_654_435_761 + 1) >>> 0;
    this.#callbacks = callbacks;
  }

  /** Mulberry32. */
  #random(): number {
    this.#state = (this.#state + 0x6d2b_79f5) >>> 0;
    let t = this.#state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  }

  #below(count: number): number {
    return Math.floor(this.#random() * count);
  }

  #pick<T>(list: readonly T[], fallback: T): T {
    return list[this.#below(list.length)] ?? fallback;
  }

  program(): RandomProgram {
    const functions = Array.from({ length: this.#below(3) }, () => this.#function());
    const body = this.#block(6);
    const outputs = Array.from({ length: 8 }, (_, index) => ({
      index,
      expr: this.#expression(U64, 2),
    }));
    const source = [
      'import { arrayMap, array, globalFunction, hashMap, idiv, loop, range, scratch, staticFunction, struct, syscall, i32, i64, u32, u64 } from "@ocelli/compiler";',
      'const Room = struct("room", { a: u32, b: u64, c: i32, cells: array(u32, 8) });',
      "const room = scratch(Room);",
      "const table = hashMap({ key: u32, value: u64, maxEntries: 64 });",
      "export const out = arrayMap({ value: u64, maxEntries: 8 });",
      ...functions,
      "export const p = syscall((ctx) => {",
      "  const s = room.get();",
      "  if (!s) return 1;",
      indent(body.source),
      ...outputs.map(({ index, expr }) => `  out.set(${index}, ${expr.source});`),
      "  return 7;",
      "});",
      "",
    ].join("\n");
    const run = (args: readonly bigint[]): readonly bigint[] => {
      const state: State = {
        args,
        variables: new Map(),
        cells: Array.from({ length: 8 }, () => 0n),
        fields: new Map(FIELDS.map(([name]) => [name, 0n])),
        table: new Map(),
        out: [],
      };
      body.run(state);
      return outputs.map(({ expr }) => expr.value(state));
    };
    return { source, run };
  }

  #function(): string {
    const name = `f${this.#functions.length}`;
    const kind = this.#pick(["", "staticFunction", "globalFunction"], "");
    const widths = Array.from({ length: 1 + this.#below(3) }, () => this.#pick(WIDTHS, U64));
    const result = this.#pick(WIDTHS, U64);
    const outer = this.#names;
    this.#names = widths.map((width, index) => ({ name: `p${index}`, width, mutable: false }));
    const test = this.#test(1, true);
    const first = this.#expression(result, 2, true);
    const second = this.#expression(result, 2, true);
    this.#names = outer;
    const parameters = widths.map((width, index) => `p${index}: ${width.name}`).join(", ");
    const body = `{\n  if (${test.source}) return ${first.source};\n  return ${second.source};\n}`;
    this.#functions.push({
      name,
      widths,
      result,
      value: (state, args) => {
        const variables = new Map(args.map((value, index) => [`p${index}`, value]));
        const own = { ...state, variables };
        return test.holds(own) ? first.value(own) : second.value(own);
      },
    });
    return kind === ""
      ? `function ${name}(${parameters}): ${result.name} ${body}\n`
      : `const ${name} = ${kind}((${parameters}): ${result.name} => ${body});\n`;
  }

  #block(size: number): Code {
    const outer = this.#names;
    this.#names = [...outer];
    const parts: Code[] = [];
    for (let count = 1 + this.#below(size); count > 0; count -= 1) parts.push(this.#statement());
    this.#names = outer;
    return {
      source: parts.map(({ source }) => source).join(""),
      run: (state) => {
        for (const one of parts) {
          const signal = one.run(state);
          if (signal !== undefined) return signal;
        }
        return undefined;
      },
    };
  }

  #statement(): Code {
    this.#budget -= 1;
    const kinds = ["let", "let", "assign", "assign", "field", "cell", "set", "delete"];
    if (this.#budget > 0) kinds.push("if", "if", "else", "for", "range", "switch");
    if (this.#budget > 0 && this.#callbacks && !this.#inCallback) kinds.push("loop");
    if (this.#inLoop > 0) kinds.push("break", "continue");
    const kind = this.#pick(kinds, "let");
    switch (kind) {
      case "let":
        return this.#let();
      case "assign":
        return this.#assign();
      case "field": {
        const [name, width] = this.#pick(FIELDS, ["a", U32] as const);
        const value = this.#expression(width, 3);
        return {
          source: `s.${name} = ${value.source};\n`,
          run: (state) => void state.fields.set(name, value.value(state)),
        };
      }
      case "cell": {
        const index = this.#index();
        const value = this.#expression(U32, 3);
        return {
          source: `s.cells[${index.source}] = ${value.source};\n`,
          run: (state) => {
            state.cells[Number(index.value(state))] = value.value(state);
            return undefined;
          },
        };
      }
      case "set": {
        const key = this.#key();
        const value = this.#expression(U64, 3);
        return {
          source: `table.set(${key.source}, ${value.source});\n`,
          run: (state) => void state.table.set(key.value(state), value.value(state)),
        };
      }
      case "delete": {
        const key = this.#key();
        return {
          source: `table.delete(${key.source});\n`,
          run: (state) => void state.table.delete(key.value(state)),
        };
      }
      case "break":
      case "continue": {
        const test = this.#test(2);
        return {
          source: `if (${test.source}) ${kind};\n`,
          run: (state) => (test.holds(state) ? kind : undefined),
        };
      }
      case "if":
      case "else":
        return this.#if(kind === "else");
      case "switch":
        return this.#switch();
      default:
        return this.#loop(kind);
    }
  }

  #let(): Code {
    const width = this.#pick(WIDTHS, U64);
    const value = this.#expression(width, 3);
    const name = `v${this.#next}`;
    this.#next += 1;
    this.#names.push({ name, width, mutable: true });
    return {
      source: `let ${name} = ${width.name}(${value.source});\n`,
      run: (state) => void state.variables.set(name, value.value(state)),
    };
  }

  #assign(): Code {
    const mutable = this.#names.filter((one) => one.mutable);
    if (mutable.length === 0) return this.#let();
    const { name, width } = this.#pick(mutable, { name: "", width: U64, mutable: true });
    const value = this.#expression(width, 3);
    const operator = this.#pick(["", "+", "-", "^", "&", "|", "*"], "");
    return {
      source: `${name} ${operator}= ${value.source};\n`,
      run: (state) => {
        const before = state.variables.get(name) ?? 0n;
        const given = value.value(state);
        const after = operator === "" ? given : compute(operator, before, given);
        state.variables.set(name, wrap(width, after));
        return undefined;
      },
    };
  }

  #if(withElse: boolean): Code {
    const test = this.#test(2);
    const yes = this.#block(3);
    const no = withElse ? this.#block(3) : undefined;
    return {
      source: `if (${test.source}) {\n${indent(yes.source)}}${no === undefined ? "" : ` else {\n${indent(no.source)}}`}\n`,
      run: (state) => (test.holds(state) ? yes.run(state) : no?.run(state)),
    };
  }

  #switch(): Code {
    const subject = this.#expression(U32, 2);
    const cases = Array.from({ length: 3 }, (_, index) => ({ index, code: this.#withoutJumps(2) }));
    const rest = this.#withoutJumps(2);
    const lines = cases.map(
      ({ index, code }) => `case ${index}: {\n${indent(code.source)}break;\n}\n`,
    );
    return {
      source: `switch (${subject.source} & u32(3)) {\n${indent(`${lines.join("")}default: {\n${indent(rest.source)}}\n`)}}\n`,
      run: (state) => {
        const found = cases[Number(subject.value(state) & 3n)];
        return (found?.code ?? rest).run(state);
      },
    };
  }

  /** In a switch `break` means something else. */
  #withoutJumps(size: number): Code {
    const { inLoop } = { inLoop: this.#inLoop };
    this.#inLoop = 0;
    const code = this.#block(size);
    this.#inLoop = inLoop;
    return code;
  }

  #loop(kind: string): Code {
    const most = 1 + this.#below(6);
    if (this.#rounds < most) return this.#let();
    const outer = { names: this.#names, rounds: this.#rounds, callback: this.#inCallback };
    this.#rounds = Math.floor(this.#rounds / most);
    this.#inLoop += 1;
    if (kind === "loop") this.#inCallback = true;
    const name = `i${this.#next}`;
    this.#next += 1;
    const count = kind === "range" ? this.#expression(U32, 2) : undefined;
    this.#names = [...this.#names, { name, width: U32, mutable: false }];
    const body = this.#block(3);
    this.#inLoop -= 1;
    this.#inCallback = outer.callback;
    this.#names = outer.names;
    this.#rounds = outer.rounds;
    const head =
      kind === "for"
        ? `for (let ${name} = 0; ${name} < ${most}; ${name}++)`
        : kind === "range"
          ? `for (const ${name} of range(${count?.source ?? "0"}, { max: ${most} }))`
          : `for (const ${name} of loop(${most}))`;
    return {
      source: `${head} {\n${indent(body.source)}}\n`,
      run: (state) => {
        const wanted = count?.value(state) ?? BigInt(most);
        const rounds = wanted < BigInt(most) ? wanted : BigInt(most);
        for (let at = 0n; at < rounds; at += 1n) {
          state.variables.set(name, at);
          if (body.run(state) === "break") break;
        }
        return undefined;
      },
    };
  }

  #key(): Expr {
    const inner = this.#expression(U32, 2);
    return { source: `(${inner.source} & u32(31))`, value: (state) => inner.value(state) & 31n };
  }

  #index(): Expr {
    const inner = this.#expression(U32, 2);
    const mask = this.#pick([1n, 3n, 7n], 7n);
    return {
      source: `${inner.source} & u32(${mask})`,
      value: (state) => inner.value(state) & mask,
    };
  }

  #test(depth: number, plain = false): Test {
    if (depth > 0 && this.#below(3) === 0) {
      const left = this.#test(depth - 1, plain);
      const right = this.#test(depth - 1, plain);
      const kind = this.#below(3);
      if (kind === 0) return { source: `!(${left.source})`, holds: (state) => !left.holds(state) };
      return kind === 1
        ? {
            source: `(${left.source} && ${right.source})`,
            holds: (state) => left.holds(state) && right.holds(state),
          }
        : {
            source: `(${left.source} || ${right.source})`,
            holds: (state) => left.holds(state) || right.holds(state),
          };
    }
    const width = this.#pick(WIDTHS, U64);
    const left = this.#expression(width, depth, plain);
    const right = this.#expression(width, depth, plain);
    const operator = this.#pick(["===", "!==", "<", "<=", ">", ">="], "<");
    return {
      source: `${left.source} ${operator} ${right.source}`,
      holds: (state) => compare(operator, left.value(state), right.value(state)),
    };
  }

  #expression(width: Width, depth: number, plain = false): Expr {
    const { name, bits } = width;
    const suffix = bits === 64 ? "n" : "";
    const known = this.#names.filter((one) => one.width.name === name);
    const kinds = ["literal", "argument"];
    if (plain) kinds.pop();
    if (known.length > 0) kinds.push("name", "name", "name");
    if (depth > 0) {
      kinds.push("binary", "binary", "binary", "cast", "shift", "unary", "choice", "divide");
      if (!plain && name === "u32") kinds.push("cell", "field");
      if (!plain && name === "u64") kinds.push("lookup");
      if (!plain && this.#functions.some(({ result }) => result.name === name)) kinds.push("call");
    }
    const inner = (): Expr => this.#expression(width, depth - 1, plain);
    switch (this.#pick(kinds, "literal")) {
      case "argument": {
        const index = this.#below(4);
        return {
          source: `${name}(ctx.args[${index}])`,
          value: ({ args }) => wrap(width, args[index] ?? 0n),
        };
      }
      case "name": {
        const one = this.#pick(known, { name: "", width, mutable: false });
        return {
          source: one.name,
          value: ({ variables }) => variables.get(one.name) ?? 0n,
        };
      }
      case "binary": {
        const operator = this.#pick(["+", "-", "*", "&", "|", "^"], "+");
        const [a, b] = [inner(), inner()];
        return {
          source: `(${a.source} ${operator} ${b.source})`,
          value: (state) => wrap(width, compute(operator, a.value(state), b.value(state))),
        };
      }
      case "divide": {
        const operator = this.#pick(["/", "%"], "/");
        const [a, b] = [inner(), inner()];
        const source =
          operator === "/" && bits === 32
            ? `idiv(${a.source}, ${b.source})`
            : `(${a.source} ${operator} ${b.source})`;
        return {
          source,
          value: (state) => {
            const [x, y] = [a.value(state), b.value(state)];
            if (y === 0n) return operator === "/" ? 0n : x;
            return wrap(width, operator === "/" ? x / y : x % y);
          },
        };
      }
      case "shift": {
        const count = this.#below(bits);
        const left = this.#below(2) === 0;
        const operator = left ? "<<" : name === "u32" ? ">>>" : ">>";
        const a = inner();
        return {
          source: `(${a.source} ${operator} ${count}${suffix})`,
          value: (state) => {
            const x = a.value(state);
            return wrap(width, left ? x << BigInt(count) : x >> BigInt(count));
          },
        };
      }
      case "unary": {
        const a = inner();
        const operator = this.#pick(["-", "~"], "-");
        return {
          source: `(${operator}${a.source})`,
          value: (state) => wrap(width, operator === "-" ? -a.value(state) : ~a.value(state)),
        };
      }
      case "cast": {
        const a = this.#expression(this.#pick(WIDTHS, U64), depth - 1, plain);
        return { source: `${name}(${a.source})`, value: (state) => wrap(width, a.value(state)) };
      }
      case "choice": {
        const test = this.#test(depth - 1, plain);
        const [a, b] = [inner(), inner()];
        return {
          source: `(${test.source} ? ${a.source} : ${b.source})`,
          value: (state) => (test.holds(state) ? a.value(state) : b.value(state)),
        };
      }
      case "cell": {
        const index = this.#index();
        return {
          source: `s.cells[${index.source}]`,
          value: (state) => state.cells[Number(index.value(state))] ?? 0n,
        };
      }
      case "field":
        return { source: "s.a", value: ({ fields }) => fields.get("a") ?? 0n };
      case "lookup": {
        const key = this.#key();
        return {
          source: `(table.lookup(${key.source})?.value ?? 5n)`,
          value: (state) => state.table.get(key.value(state)) ?? 5n,
        };
      }
      case "call": {
        const matching = this.#functions.filter(({ result }) => result.name === name);
        const target = matching[this.#below(matching.length)];
        if (target === undefined) return inner();
        const args = target.widths.map((one) => this.#expression(one, depth - 1, plain));
        return {
          source: `${target.name}(${args.map((one) => one.source).join(", ")})`,
          value: (state) =>
            target.value(
              state,
              args.map((one) => one.value(state)),
            ),
        };
      }
      default: {
        const value = BigInt(Math.floor(this.#random() * 2 ** this.#below(bits - 1)));
        return { source: `${name}(${value}${suffix})`, value: () => value };
      }
    }
  }
}
