import { BTF_KINDS, kindFlagOf, kindNumberOf, vlenOf } from "./format.ts";
import type {
  BtfEnumerator,
  BtfLinkage,
  BtfMember,
  BtfParameter,
  BtfSectionVariable,
  BtfType,
} from "./types.ts";

/** The encoded form that types are decoded from, and how its string offsets become strings. */
export interface BtfSource {
  readonly view: DataView;
  readonly littleEndian: boolean;
  readonly stringAt: (offset: number) => string;
}

/**
 * Decodes the type that starts at byte `at`. The caller has checked that all of it is there, as the index does.
 * Gives `undefined` for a kind that this reader does not know.
 */
export function decodeType(source: BtfSource, at: number): BtfType | undefined {
  const { view, littleEndian, stringAt } = source;
  const u32 = (offset: number): number => view.getUint32(offset, littleEndian);
  const info = u32(at + 4);
  const kind = BTF_KINDS[kindNumberOf(info)];
  // `sizeOrType` means one or the other, by kind.
  const sizeOrType = u32(at + 8);
  const flag = kindFlagOf(info);
  const rest = at + 12;
  switch (kind) {
    case "int": {
      const word = u32(rest);
      const encoding = encodingOf(word >>> 24);
      const offsetBits = (word >>> 16) & 0xff;
      return {
        kind,
        name: stringAt(u32(at)),
        size: sizeOrType,
        bits: word & 0xff,
        offsetBits,
        encoding,
      };
    }
    case "ptr":
    case "volatile":
    case "const":
    case "restrict":
      return { kind, typeId: sizeOrType };
    case "array":
      return { kind, typeId: u32(rest), indexTypeId: u32(rest + 4), length: u32(rest + 8) };
    case "struct":
    case "union":
      return {
        kind,
        name: stringAt(u32(at)),
        size: sizeOrType,
        members: members(source, rest, vlenOf(info), flag),
      };
    case "enum":
    case "enum64": {
      const decode = kind === "enum" ? values32 : values64;
      const values = decode(source, rest, vlenOf(info), flag);
      return { kind, name: stringAt(u32(at)), size: sizeOrType, signed: flag, values };
    }
    case "fwd":
      return { kind, name: stringAt(u32(at)), target: flag ? "union" : "struct" };
    case "typedef":
      return { kind, name: stringAt(u32(at)), typeId: sizeOrType };
    case "type_tag":
      return { kind, name: stringAt(u32(at)), typeId: sizeOrType, attribute: flag };
    case "func":
      return {
        kind,
        name: stringAt(u32(at)),
        typeId: sizeOrType,
        linkage: linkageOf(vlenOf(info)),
      };
    case "func_proto":
      return { kind, returnTypeId: sizeOrType, parameters: parameters(source, rest, vlenOf(info)) };
    case "var":
      return { kind, name: stringAt(u32(at)), typeId: sizeOrType, linkage: linkageOf(u32(rest)) };
    case "datasec":
      return {
        kind,
        name: stringAt(u32(at)),
        size: sizeOrType,
        variables: variables(source, rest, vlenOf(info)),
      };
    case "float":
      return { kind, name: stringAt(u32(at)), size: sizeOrType };
    case "decl_tag": {
      const component = view.getInt32(rest, littleEndian);
      return { kind, name: stringAt(u32(at)), typeId: sizeOrType, component, attribute: flag };
    }
    default:
      return undefined;
  }
}

function encodingOf(bits: number): "unsigned" | "signed" | "char" | "bool" {
  if ((bits & 4) !== 0) return "bool";
  if ((bits & 2) !== 0) return "char";
  return (bits & 1) === 0 ? "unsigned" : "signed";
}

function linkageOf(value: number): BtfLinkage {
  return value === 1 ? "global" : value === 2 ? "extern" : "static";
}

function members(source: BtfSource, start: number, count: number, flag: boolean): BtfMember[] {
  const { view, littleEndian, stringAt } = source;
  const list: BtfMember[] = [];
  for (let at = start; list.length < count; at += 12) {
    const word = view.getUint32(at + 8, littleEndian);
    list.push({
      name: stringAt(view.getUint32(at, littleEndian)),
      typeId: view.getUint32(at + 4, littleEndian),
      // With the kind flag, the upper eight bits are the width of a bit field.
      offsetBits: flag ? word & 0xffffff : word,
      bitfieldBits: flag ? word >>> 24 : 0,
    });
  }
  return list;
}

function values32(
  source: BtfSource,
  start: number,
  count: number,
  signed: boolean,
): BtfEnumerator[] {
  const { view, littleEndian, stringAt } = source;
  const list: BtfEnumerator[] = [];
  for (let at = start; list.length < count; at += 8) {
    const value = signed
      ? view.getInt32(at + 4, littleEndian)
      : view.getUint32(at + 4, littleEndian);
    list.push({ name: stringAt(view.getUint32(at, littleEndian)), value });
  }
  return list;
}

function values64(
  source: BtfSource,
  start: number,
  count: number,
  signed: boolean,
): BtfEnumerator[] {
  const { view, littleEndian, stringAt } = source;
  const list: BtfEnumerator[] = [];
  for (let at = start; list.length < count; at += 12) {
    // Low half first in either byte order.
    const low = view.getUint32(at + 4, littleEndian);
    const high = signed
      ? view.getInt32(at + 8, littleEndian)
      : view.getUint32(at + 8, littleEndian);
    const near = high * 2 ** 32 + low;
    const value = Number.isSafeInteger(near) ? near : (BigInt(high) << 32n) | BigInt(low);
    list.push({ name: stringAt(view.getUint32(at, littleEndian)), value });
  }
  return list;
}

function parameters(source: BtfSource, start: number, count: number): BtfParameter[] {
  const { view, littleEndian, stringAt } = source;
  const list: BtfParameter[] = [];
  for (let at = start; list.length < count; at += 8) {
    const name = stringAt(view.getUint32(at, littleEndian));
    list.push({ name, typeId: view.getUint32(at + 4, littleEndian) });
  }
  return list;
}

function variables(source: BtfSource, start: number, count: number): BtfSectionVariable[] {
  const { view, littleEndian } = source;
  const list: BtfSectionVariable[] = [];
  for (let at = start; list.length < count; at += 12) {
    list.push({
      typeId: view.getUint32(at, littleEndian),
      offset: view.getUint32(at + 4, littleEndian),
      size: view.getUint32(at + 8, littleEndian),
    });
  }
  return list;
}
