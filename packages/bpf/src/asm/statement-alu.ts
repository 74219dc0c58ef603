import type { Instruction } from "./instruction.ts";
import { ALU_SYMBOLS } from "./notation.ts";
import { INSTRUCTION_CLASS, OPCODE } from "./opcodes.ts";
import { anyRegister, number, whole } from "./statement-patterns.ts";
import {
  bigIntOf,
  immediate,
  integer,
  part,
  register,
  same,
  wideConstant,
  type Parts,
  type StatementReader,
  type StatementRule,
} from "./statement-reader.ts";

const operations = new Map([...ALU_SYMBOLS].map(([operation, symbol]) => [symbol, operation]));
const operator =
  "(?<signed>s(?=\\/|%))?(?<operator>s>>=|\\+=|-=|\\*=|\\/=|\\|=|&=|<<=|>>=|%=|\\^=|=)";

function aluOpcode(parts: Parts): number {
  const kind = part(parts, "dstw") === "r" ? INSTRUCTION_CLASS.alu64 : INSTRUCTION_CLASS.alu;
  return kind | (operations.get(part(parts, "operator")) ?? 0);
}

function fromRegister(reader: StatementReader, parts: Parts): Instruction {
  const opcode = aluOpcode(parts) | 8;
  if (part(parts, "dstw") !== part(parts, "srcw")) {
    reader.problem ??= {
      message: "it mixes r and w registers",
      hint: "Name both r (64 bits) or both w (32 bits)",
    };
  }
  const extension = part(parts, "extension");
  if (extension !== "" && part(parts, "operator") !== "=") {
    reader.problem ??= {
      message: "it extends the sign of an operand",
      hint: "Only a plain assignment does that",
    };
  }
  return {
    opcode,
    dst: register(reader, part(parts, "dst")),
    src: register(reader, part(parts, "src")),
    offset: part(parts, "signed") === "" ? Number(extension) : 1,
    imm: 0,
  };
}

function fromConstant(reader: StatementReader, parts: Parts): Instruction {
  const text = part(parts, "imm");
  const dst = register(reader, part(parts, "dst"));
  const isMove64 = part(parts, "operator") === "=" && part(parts, "dstw") === "r";
  const value = bigIntOf(text);
  const isNarrow = value === BigInt.asIntN(32, value);
  // The kernel prints wide loads like moves; the opcode before the statement or the size of the number tells.
  if (isMove64 && (reader.prefix === OPCODE.lddw || (reader.prefix === undefined && !isNarrow)))
    return wideConstant(reader, dst, value);
  return {
    opcode: aluOpcode(parts),
    dst,
    src: 0,
    offset: part(parts, "signed") === "" ? 0 : 1,
    imm: immediate(reader, text, part(parts, "dstw") === "w"),
  };
}

/** Arithmetic, moves, byte swaps and 64-bit constants. */
export const aluRules: readonly StatementRule[] = [
  {
    pattern: whole(anyRegister("dst"), operator, number("imm")),
    build: fromConstant,
  },
  {
    pattern: whole(anyRegister("dst"), "=", number("imm"), "ll"),
    build: (reader, parts) =>
      wideConstant(reader, register(reader, part(parts, "dst")), bigIntOf(part(parts, "imm"))),
  },
  {
    pattern: whole(
      anyRegister("dst"),
      `${operator}(?: \\( s(?<extension>8|16|32) \\))?`,
      anyRegister("src"),
    ),
    build: fromRegister,
  },
  {
    pattern: whole("(?<dstw>[rw])(?<dst>\\d+) = - \\k<dstw>(?<src>\\d+)"),
    build: (reader, parts) => {
      const dst = register(reader, part(parts, "dst"));
      same(reader, dst, register(reader, part(parts, "src")));
      return { opcode: part(parts, "dstw") === "r" ? 0x87 : 0x84, dst, src: 0, offset: 0, imm: 0 };
    },
  },
  {
    pattern: whole("r(?<dst>\\d+) = (?<order>le|be|bswap)(?<bits>\\d+) r(?<src>\\d+)"),
    build: (reader, parts) => {
      const dst = register(reader, part(parts, "dst"));
      same(reader, dst, register(reader, part(parts, "src")));
      const order = part(parts, "order");
      const opcode = order === "bswap" ? 0xd7 : order === "be" ? 0xdc : 0xd4;
      return { opcode, dst, src: 0, offset: 0, imm: immediate(reader, part(parts, "bits"), false) };
    },
  },
  {
    pattern: whole(
      "r(?<dst>\\d+) = addr_space_cast \\( r(?<src>\\d+) ,",
      number("to"),
      ",",
      number("from"),
      "\\)",
    ),
    build: (reader, parts) => {
      const [to, from] = ["to", "from"].map((name) =>
        integer(reader, part(parts, name), 0, 0xffff, "the address space"),
      );
      return {
        opcode: 0xbf,
        dst: register(reader, part(parts, "dst")),
        src: register(reader, part(parts, "src")),
        offset: 1,
        imm: ((to ?? 0) << 16) | (from ?? 0),
      };
    },
  },
  {
    pattern: whole("r(?<dst>\\d+) = & \\( void __percpu \\* \\) \\( r(?<src>\\d+) \\)"),
    build: (reader, parts) => ({
      opcode: 0xbf,
      dst: register(reader, part(parts, "dst")),
      src: register(reader, part(parts, "src")),
      offset: -1,
      imm: 0,
    }),
  },
];
