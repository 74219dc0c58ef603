import { PT_REGS } from "./registers.ts";

/** Where one argument of a static probe is. Sizes and offsets in bytes. */
export type UsdtArgument = {
  readonly size: 1 | 2 | 4 | 8;
  readonly signed: boolean;
} & (
  | { readonly kind: "constant"; readonly value: bigint }
  | { readonly kind: "register"; readonly register: string }
  | { readonly kind: "memory"; readonly register: string; readonly offset: bigint }
  | {
      /** `offset + register + index * scale`; x86-64 only. */
      readonly kind: "indexed";
      readonly register: string;
      readonly offset: bigint;
      readonly index: string;
      readonly scale: 1 | 2 | 4 | 8;
    }
);

/** The machines whose notation is known. */
export type UsdtMachine = keyof typeof PT_REGS;

const SIZED = /^(-?)([1248])(?:f)?@(.+)$/;
const INTEGER = "[-+]?(?:0x[0-9a-fA-F]+|\\d+)";

/**
 * Takes apart the arguments of a probe. `undefined` when one of them is in a notation that is not known, e.g. a
 * floating-point register or an address relative to a symbol.
 */
export function parseUsdtArguments(text: string, machine: UsdtMachine): UsdtArgument[] | undefined {
  const parsed: UsdtArgument[] = [];
  for (const part of splitArguments(text)) {
    const [, minus, size, place = ""] = SIZED.exec(part) ?? [];
    const where = size === undefined ? undefined : PLACES[machine](place);
    if (where === undefined) return undefined;
    // SIZED admits only these four digits.
    const width = Number(size) as 1 | 2 | 4 | 8;
    parsed.push({ size: width, signed: minus === "-", ...where });
  }
  return parsed;
}

// Arguments are set apart by spaces, but arm64 also writes `[sp, 8]`.
function splitArguments(text: string): string[] {
  return text.match(/-?\d+f?@(?:\[[^\]]*\]|[^\s[])+/g) ?? [];
}

type Place =
  | Pick<UsdtArgument & { kind: "constant" }, "kind" | "value">
  | Pick<UsdtArgument & { kind: "register" }, "kind" | "register">
  | Pick<UsdtArgument & { kind: "memory" }, "kind" | "register" | "offset">
  | Pick<UsdtArgument & { kind: "indexed" }, "kind" | "register" | "offset" | "index" | "scale">;

const PLACES: Record<UsdtMachine, (text: string) => Place | undefined> = {
  x64: placeOnX64,
  arm64: placeOnArm64,
};

function integer(text: string): bigint {
  const digits = text.replace(/^[-+]/, "");
  return text.startsWith("-") ? -BigInt(digits) : BigInt(digits);
}

// `$5`, `%rdi`, `-8(%rbp)`, `(%rax)`, `-16(%rbp,%rax,8)`
function placeOnX64(text: string): Place | undefined {
  const known = (name: string | undefined): name is string =>
    name !== undefined && PT_REGS.x64.has(name);
  const constant = new RegExp(`^\\$(${INTEGER})$`).exec(text)?.[1];
  if (constant !== undefined) return { kind: "constant", value: integer(constant) };
  const register = /^%(\w+)$/.exec(text)?.[1];
  if (register !== undefined) return known(register) ? { kind: "register", register } : undefined;
  const memory = new RegExp(`^(${INTEGER})?\\(%(\\w+)(?:,%(\\w+)(?:,([1248]))?)?\\)$`).exec(text);
  if (memory === null || !known(memory[2])) return undefined;
  const place = { register: memory[2], offset: integer(memory[1] ?? "0") };
  if (memory[3] === undefined) return { kind: "memory", ...place };
  if (!known(memory[3])) return undefined;
  // The expression admits only these four digits.
  const scale = Number(memory[4] ?? "1") as 1 | 2 | 4 | 8;
  return { kind: "indexed", ...place, index: memory[3], scale };
}

// `5`, `x0`, `w1`, `sp`, `[sp]`, `[sp, 8]`, `[x29, #-4]`
function placeOnArm64(text: string): Place | undefined {
  if (new RegExp(`^${INTEGER}$`).test(text)) return { kind: "constant", value: integer(text) };
  if (PT_REGS.arm64.has(text)) return { kind: "register", register: text };
  const memory = new RegExp(`^\\[(\\w+)(?:,\\s*#?(${INTEGER}))?\\]$`).exec(text);
  if (memory?.[1] === undefined || !PT_REGS.arm64.has(memory[1])) return undefined;
  return { kind: "memory", register: memory[1], offset: integer(memory[2] ?? "0") };
}
