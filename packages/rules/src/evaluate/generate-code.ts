import type { RuleEvent } from "@ocelli/event";

import type { Bind } from "./compare/comparison.ts";
import type { CompiledCheck } from "./compile-check.ts";
import { countReferences, LAST_STAMP, type KindParts, type KindProgram } from "./kind-program.ts";
import type { PlanNode } from "./plan.ts";
import { buildRuleTree, type RuleStep } from "./rule-tree.ts";

/** Functions longer than this are not optimised well: longer junctions are cut in parts. */
const MAX_EXPRESSION = 4000;

/**
 * Writes the program of one kind of event as JavaScript and compiles it. Values of fields that several checks look at are
 * read once per event, as are parts that several rules share. Constants of conditions enter the text only through
 * `JSON.stringify` and as digits; everything else is bound by name.
 */
export function generateProgram<E extends RuleEvent>(parts: KindParts<E>): KindProgram<E> {
  const { text, bound } = generateText(parts);
  // The text is made above of nothing but numbers and quoted texts, whatever the rules hold.
  // oxlint-disable-next-line typescript/no-implied-eval
  const make = new Function("bound", text) as (bound: readonly unknown[]) => KindProgram<E>;
  return make(bound);
}

/** The JavaScript of a program, and the things that it refers to. */
export function generateText<E extends RuleEvent>(
  parts: KindParts<E>,
): { text: string; bound: readonly unknown[] } {
  const writer = new ProgramWriter(parts);
  return writer.write();
}

class ProgramWriter<E extends RuleEvent> {
  readonly #parts: KindParts<E>;
  readonly #steps: readonly RuleStep<E>[];
  readonly #counts: ReadonlyMap<PlanNode, number>;
  readonly #readers = new Map<unknown, number>();
  readonly #bound: unknown[] = [];
  readonly #names = new Map<unknown, string>();
  readonly #declarations: string[] = [];
  readonly #functions: string[] = [];
  readonly #resets: string[] = [];
  readonly #fields = new Map<unknown, string>();
  readonly #shared = new Map<PlanNode, string>();

  constructor(parts: KindParts<E>) {
    this.#parts = parts;
    this.#steps = buildRuleTree(parts.rules, parts.checks);
    this.#counts = countReferences(this.#steps);
    for (const plan of this.#counts.keys()) {
      const simple = parts.checks.get(plan)?.simple;
      if (simple !== undefined) this.#countReader(simple.source.read);
    }
    this.#countDispatches(this.#steps);
  }

  #countReader(read: unknown): void {
    this.#readers.set(read, (this.#readers.get(read) ?? 0) + 1);
  }

  #countDispatches(steps: readonly RuleStep<E>[]): void {
    for (const step of steps) {
      if (step.kind === "guard") this.#countDispatches(step.steps);
      if (step.kind !== "dispatch") continue;
      this.#countReader(step.source.read);
      for (const branch of step.branches) this.#countDispatches(branch);
    }
  }

  write(): { text: string; bound: readonly unknown[] } {
    const body = this.#stepsText(this.#steps);
    const text = [
      '"use strict";',
      "let E, H, n = 0, S = 0, S1 = 1;",
      ...this.#bound.map((_thing, index) => `const B${index} = bound[${index}];`),
      ...this.#declarations,
      ...this.#functions,
      `function reset() { S = 2; ${this.#resets.join(" ")} }`,
      "return function (event, hits) {",
      `  E = event; H = hits; n = 0; S += 2; if (S >= ${LAST_STAMP}) reset(); S1 = S + 1;`,
      "  let v;",
      body,
      "  return n;",
      "};",
    ].join("\n");
    return { text, bound: this.#bound };
  }

  #stepsText(steps: readonly RuleStep<E>[]): string {
    return steps.map((step) => this.#stepText(step)).join("\n");
  }

  #stepText(step: RuleStep<E>): string {
    switch (step.kind) {
      case "rule":
        return `if (${this.#expression(step.plan)}) H[n++] = ${step.rule};`;
      case "guard":
        return `if (${this.#expression(step.plan)}) ${this.#block(step.steps)}`;
      case "dispatch": {
        const cases = step.branches.map(
          (branch, index) => `case ${index}: ${this.#block(branch)} break;`,
        );
        const value = this.#value(step.source.read);
        return `switch (${this.#bind(step.branchOf)}.get(${value})) { ${cases.join("\n")} }`;
      }
    }
  }

  /** Steps in a function of their own: what most events do not reach needs no room where all pass. */
  #block(steps: readonly RuleStep<E>[]): string {
    const text = this.#stepsText(steps);
    if (text.length < 100) return `{ ${text} }`;
    const name = `s${this.#functions.length}`;
    this.#functions.push(`function ${name}() { let v;\n${text} }`);
    return `${name}();`;
  }

  readonly #bind: Bind = (thing) => {
    const known = this.#names.get(thing);
    if (known !== undefined) return known;
    const name = `B${this.#bound.push(thing) - 1}`;
    this.#names.set(thing, name);
    return name;
  };

  #expression(plan: PlanNode): string {
    if ((this.#counts.get(plan) ?? 0) > 1 && !this.#isCheap(plan)) return this.#sharedPart(plan);
    return this.#bare(plan);
  }

  /** A comparison of a value that is already there costs less than looking up what it said before. */
  #isCheap(plan: PlanNode): boolean {
    if (plan.kind === "constant") return true;
    if (plan.kind === "not") return true;
    const simple = this.#parts.checks.get(plan)?.simple;
    if (simple === undefined) return false;
    const code = simple.comparison.code?.("v", () => "B");
    return code !== undefined && /^\(?v [!=<>]+ [^|&]{1,60}$/.test(code);
  }

  /** A part that several refer to: one variable holds the stamp of the event for which it held, or one more. */
  #sharedPart(plan: PlanNode): string {
    let name = this.#shared.get(plan);
    if (name === undefined) {
      name = `p${this.#shared.size}`;
      this.#shared.set(plan, name);
      this.#declarations.push(`let ${name} = -1;`);
      this.#resets.push(`${name} = -1;`);
      this.#functions.push(
        `function f_${name}() { let v; if (${this.#bare(plan)}) { ${name} = S; return true; } ${name} = S1; return false; }`,
      );
    }
    return `(${name} === S || (${name} !== S1 && f_${name}()))`;
  }

  #bare(plan: PlanNode): string {
    switch (plan.kind) {
      case "constant":
        return String(plan.value);
      case "check":
        return this.#check(this.#parts.checks.get(plan));
      case "not":
        return `!${this.#expression(plan.child)}`;
      case "and":
      case "or":
        return this.#junction(plan.kind === "and" ? " && " : " || ", plan.children);
    }
  }

  #junction(operator: string, children: readonly PlanNode[]): string {
    const groups: string[] = [];
    let group: string[] = [];
    let length = 0;
    const close = (): void => {
      groups.push(group.join(operator));
      group = [];
      length = 0;
    };
    for (const child of children) {
      const expression = this.#expression(child);
      if (length > 0 && length + expression.length > MAX_EXPRESSION) close();
      group.push(expression);
      length += expression.length;
    }
    close();
    const [only] = groups;
    if (groups.length === 1 && only !== undefined) return `(${only})`;
    return `(${groups.map((text) => this.#outline(text)).join(operator)})`;
  }

  /** Moves an expression to a function of its own. */
  #outline(expression: string): string {
    const name = `o${this.#functions.length}`;
    this.#functions.push(`function ${name}() { let v; return ${expression}; }`);
    return `${name}()`;
  }

  #check(check: CompiledCheck<E> | undefined): string {
    if (check === undefined) return "false";
    if (check.simple === undefined) return `${this.#bind(check.test)}(E)`;
    const { source, comparison } = check.simple;
    const value = this.#value(source.read);
    const code = comparison.code?.("v", this.#bind);
    if (code !== undefined) return `(v = ${value}, ${code})`;
    return `(v = ${value}, v !== undefined && ${this.#bind(comparison.test)}(v))`;
  }

  /** A value, kept for the event when several checks look at it. */
  #value(read: unknown): string {
    const reader = this.#bind(read);
    if ((this.#readers.get(read) ?? 0) < 2) return `${reader}(E)`;
    let name = this.#fields.get(read);
    if (name === undefined) {
      name = `f${this.#fields.size}`;
      this.#fields.set(read, name);
      this.#declarations.push(`let ${name}, ${name}s = -1;`);
      this.#resets.push(`${name}s = -1;`);
      this.#functions.push(`function g_${name}() { ${name}s = S; return ${name} = ${reader}(E); }`);
    }
    return `(${name}s === S ? ${name} : g_${name}())`;
  }
}
