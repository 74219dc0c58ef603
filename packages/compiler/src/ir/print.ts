import type { Block, Instruction, IrFunction, Terminator, Value } from "./ir.ts";

/**
 * Writes a program in the IR's own language: one instruction a line, values as `%n`, blocks as `bn`, numbered in the order in
 * which they are printed.
 */
export function printIr(program: IrFunction): string {
  const names = new Map<Value, string>();
  const blocks = new Map<Block, string>();
  for (const block of program.blocks) {
    blocks.set(block, `b${blocks.size}`);
    for (const instruction of block.instructions)
      if (instruction.op !== "const") names.set(instruction.id, `%${names.size}`);
  }
  const name = (value: Value): string => {
    const known = program.values.get(value);
    if (known?.op === "const") return String(known.value);
    if (known?.op === "map") return `map ${known.name}`;
    if (known?.op === "slot") return `slot ${known.slot}`;
    if (known?.op === "context") return "context";
    if (known?.op === "parameter") return `parameter ${known.index}`;
    return names.get(value) ?? `%?${value}`;
  };
  const blockName = (block: Block): string => blocks.get(block) ?? "b?";
  const lines = [`program ${program.name} {`];
  program.slots.forEach(({ size }, index) => lines.push(`  slot ${index}: ${size} bytes`));
  for (const block of program.blocks) {
    lines.push(`${blockName(block)}:`);
    for (const one of block.instructions) {
      if (one.op === "const") continue;
      const text = describe(one, name, block.predecessors.map(blockName));
      lines.push(hasResult(one) ? `  ${name(one.id)} = ${text}` : `  ${text}`);
    }
    if (block.end !== undefined) lines.push(`  ${describeEnd(block.end, name, blockName)}`);
  }
  return `${[...lines, "}"].join("\n")}\n`;
}

function hasResult({ op }: Instruction): boolean {
  return op !== "store" && op !== "atomic-add";
}

function describe(
  one: Instruction,
  name: (value: Value) => string,
  predecessors: readonly string[],
): string {
  switch (one.op) {
    case "const":
      return String(one.value);
    case "context":
      return "context";
    case "arithmetic":
      return `${one.operator}${one.bits} ${name(one.left)}, ${name(one.right)}`;
    case "extend":
      return `${one.signed ? "sext" : "zext"}${one.bits} ${name(one.value)}`;
    case "swap":
      return `swap${one.bits} ${name(one.value)}`;
    case "load":
      return `load${one.width * 8} ${name(one.base)} + ${one.offset}${field(one.field)}`;
    case "store":
      return `store${one.width * 8} ${name(one.base)} + ${one.offset}, ${name(one.value)}`;
    case "atomic-add":
      return `atomic.add${one.width * 8} ${name(one.base)} + ${one.offset}, ${name(one.value)}`;
    case "call":
      return `call ${one.helper}(${one.args.map(name).join(", ")})`;
    case "map":
      return `map ${one.name}`;
    case "data":
      return `data ${one.map} + ${one.offset}`;
    case "slot":
      return `slot ${one.slot}`;
    case "nonnull":
      return `nonnull ${name(one.value)}`;
    case "core":
      return `core ${one.relocation} ${one.value}${field(one.field)}`;
    case "parameter":
      return `parameter ${one.index}`;
    case "call-function":
      return `call @${one.name}(${one.args.map(name).join(", ")})`;
    case "function":
      return `function @${one.name}`;
    default:
      return `phi ${one.inputs.map((value, index) => `${predecessors[index] ?? "b?"}: ${name(value)}`).join(", ")}`;
  }
}

function field(
  field: { readonly struct: string; readonly path: readonly (string | number)[] } | undefined,
): string {
  return field === undefined ? "" : ` ; ${[field.struct, ...field.path].join(".")}`;
}

function describeEnd(
  end: Terminator,
  name: (value: Value) => string,
  blockName: (block: Block) => string,
): string {
  switch (end.kind) {
    case "jump":
      return `jump ${blockName(end.target)}`;
    case "branch":
      return `if ${name(end.left)} ${end.comparison} ${name(end.right)} then ${blockName(end.taken)} else ${blockName(end.otherwise)}`;
    default:
      return `return ${name(end.value)}`;
  }
}
