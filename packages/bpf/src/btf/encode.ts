import { assertNever } from "../assert-never.ts";
import { BTF_KINDS } from "./format.ts";
import type { BtfEnumerator, BtfLinkage, BtfType } from "./types.ts";

const LINKAGES: readonly BtfLinkage[] = ["static", "global", "extern"];
const ENCODINGS = { unsigned: 0, signed: 1, char: 2, bool: 4 } as const;
const MOST_ELEMENTS = 0xffffff;

/**
 * The words of a type, as they stand in the file. `stringOffset` gives the offset of a name. Throws a `RangeError` that
 * names the field when a value does not fit where BTF puts it.
 */
export function encodeType(type: BtfType, stringOffset: (text: string) => number): number[] {
  const head = (vlen: number, flag: boolean, sizeOrType: number): number[] => {
    if (vlen > MOST_ELEMENTS) throw misfit(type, "elements", vlen, `at most ${MOST_ELEMENTS}`);
    const name = "name" in type ? stringOffset(type.name) : 0;
    const info = ((flag ? 0x80000000 : 0) | (BTF_KINDS.indexOf(type.kind) << 24) | vlen) >>> 0;
    return [name, info, u32(type, "size or type id", sizeOrType)];
  };
  switch (type.kind) {
    case "void":
      throw new RangeError('Cannot encode type "void": it has id 0 without being in the file');
    case "int": {
      const bits = within(type, "bits", type.bits, 0, 0xff);
      const offset = within(type, "offsetBits", type.offsetBits, 0, 0xff);
      return [
        ...head(0, false, type.size),
        (ENCODINGS[type.encoding] << 24) | (offset << 16) | bits,
      ];
    }
    case "ptr":
    case "typedef":
    case "volatile":
    case "const":
    case "restrict":
      return head(0, false, type.typeId);
    case "array":
      return [
        ...head(0, false, 0),
        u32(type, "typeId", type.typeId),
        u32(type, "indexTypeId", type.indexTypeId),
        u32(type, "length", type.length),
      ];
    case "struct":
    case "union": {
      const flag = type.members.some((member) => member.bitfieldBits > 0);
      const words = head(type.members.length, flag, type.size);
      for (const { name, typeId, offsetBits, bitfieldBits } of type.members) {
        const offset = within(
          type,
          `offset of "${name}"`,
          offsetBits,
          0,
          flag ? 0xffffff : 0xffffffff,
        );
        const width = within(type, `width of "${name}"`, bitfieldBits, 0, 0xff);
        words.push(
          stringOffset(name),
          u32(type, `type of "${name}"`, typeId),
          ((width << 24) | offset) >>> 0,
        );
      }
      return words;
    }
    case "enum":
    case "enum64": {
      const words = head(type.values.length, type.signed, type.size);
      for (const value of type.values) {
        words.push(stringOffset(value.name), ...valueWords(type, value));
      }
      return words;
    }
    case "fwd":
      return head(0, type.target === "union", 0);
    case "type_tag":
      return head(0, type.attribute, type.typeId);
    case "func":
      return head(LINKAGES.indexOf(type.linkage), false, type.typeId);
    case "func_proto": {
      const words = head(type.parameters.length, false, type.returnTypeId);
      for (const { name, typeId } of type.parameters) {
        words.push(stringOffset(name), u32(type, `type of "${name}"`, typeId));
      }
      return words;
    }
    case "var":
      return [...head(0, false, type.typeId), LINKAGES.indexOf(type.linkage)];
    case "datasec": {
      const words = head(type.variables.length, false, type.size);
      for (const { typeId, offset, size } of type.variables) {
        words.push(
          u32(type, "typeId", typeId),
          u32(type, "offset", offset),
          u32(type, "size", size),
        );
      }
      return words;
    }
    case "float":
      return head(0, false, type.size);
    case "decl_tag": {
      const component = within(type, "component", type.component, -0x80000000, 0x7fffffff);
      return [...head(0, type.attribute, type.typeId), component >>> 0];
    }
    default:
      return assertNever(type);
  }
}

function valueWords(
  type: Extract<BtfType, { kind: "enum" | "enum64" }>,
  { name, value }: BtfEnumerator,
): number[] {
  const bits = type.kind === "enum" ? 32 : 64;
  const wide = BigInt(value);
  const fits = type.signed
    ? BigInt.asIntN(bits, wide) === wide
    : BigInt.asUintN(bits, wide) === wide;
  if (!fits) {
    const range = `${type.signed ? "a signed" : "an unsigned"} number of ${bits} bits`;
    throw misfit(type, `value of "${name}"`, value, range);
  }
  const low = Number(BigInt.asUintN(32, wide));
  return bits === 32 ? [low] : [low, Number(BigInt.asUintN(32, wide >> 32n))];
}

function u32(type: BtfType, what: string, value: number): number {
  return within(type, what, value, 0, 0xffffffff);
}

function within(type: BtfType, what: string, value: number, least: number, most: number): number {
  if (Number.isInteger(value) && value >= least && value <= most) return value;
  throw misfit(type, what, value, `from ${least} to ${most}`);
}

function misfit(type: BtfType, what: string, value: number | bigint, range: string): RangeError {
  const name = "name" in type && type.name !== "" ? ` "${type.name}"` : "";
  return new RangeError(
    `Cannot encode ${type.kind}${name} as its ${what} must be ${range}: it is ${value}`,
  );
}
