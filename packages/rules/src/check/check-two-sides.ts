import type { FieldType } from "@ocelli/event";

import type { BinaryOperator, LeftSide } from "../filter/ast.ts";
import { describeSide } from "../filter/print-filter.ts";
import type { ValueProblem } from "./check-value.ts";

/** What a side of a check yields. */
export interface SideType {
  readonly type: FieldType;
  readonly list: boolean;
}

// Fields that compare in a way of their own: with both ends, with all ancestors, with names of addresses.
const ALONE: ReadonlySet<string> = new Set([
  "evt.around",
  "evt.rawarg",
  "fd.cip.name",
  "fd.ip",
  "fd.lip.name",
  "fd.net",
  "fd.port",
  "fd.proto",
  "fd.rip.name",
  "fd.sip.name",
  "proc.acmdline",
  "proc.aenv",
  "proc.aexe",
  "proc.aexepath",
  "proc.aname",
  "proc.apid",
]);

const NETWORKS: ReadonlySet<string> = new Set(["fd.cnet", "fd.lnet", "fd.rnet", "fd.snet"]);

// Falco's names of types where they differ from ours in more than case.
const TYPE_NAMES: Partial<Readonly<Record<FieldType, string>>> = {
  text: "CHARBUF",
  bytes: "BYTEBUF",
  ip: "IPADDR",
  net: "IPNET",
  dynamic: "DYN",
};

/** Why a field cannot stand inside a transformer; undefined when it can. */
export function transformerProblem(name: string): ValueProblem | undefined {
  if (!isAlone(name)) return undefined;
  return {
    message: `field '${name}' does not support transformers`,
    hint: "Compare the field itself",
  };
}

/** Why two sides cannot be compared with each other; undefined when they can. */
export function twoSidesProblem(
  operator: BinaryOperator,
  left: LeftSide,
  leftType: SideType,
  right: LeftSide,
  rightType: SideType,
): ValueProblem | undefined {
  const leftName = nameOf(left);
  const rightName = nameOf(right);
  if (operator === "pmatch" || operator === "regex") {
    return {
      message: `operator '${operator}' doesn't support right-hand side fields`,
      hint: "Write the values out, or use another operator",
    };
  }
  if (leftType.type === "net") {
    return {
      message: "field type 'IPNET' doesn't support right-hand side fields",
      hint: "Write the network out",
    };
  }
  if (isAlone(leftName)) {
    return {
      message: `field '${leftName}' doesn't support right-hand side fields`,
      hint: "Write the values out",
    };
  }
  if (isAlone(rightName)) {
    return {
      message: `field '${rightName}' can't be used as a right-hand side field`,
      hint: "Compare with another field",
    };
  }
  if (leftType.type === rightType.type && leftType.list === rightType.list) return undefined;
  return {
    message: `field '${leftName}' has type '${typeName(leftType)}' while the right-hand side field '${rightName}' has incompatible type '${typeName(rightType)}'`,
    hint: "Compare fields of the same type",
  };
}

function isAlone(name: string): boolean {
  return ALONE.has(name) || NETWORKS.has(name) || name === "fd.types";
}

/** A field by name without brackets; `evt.rawarg.x` is `evt.rawarg`. */
function nameOf(side: LeftSide): string {
  if (side.kind === "transformer") return describeSide(side);
  return side.name.startsWith("evt.rawarg.") ? "evt.rawarg" : side.name;
}

function typeName({ type, list }: SideType): string {
  return `${TYPE_NAMES[type] ?? type.toUpperCase()}${list ? " (list)" : ""}`;
}
