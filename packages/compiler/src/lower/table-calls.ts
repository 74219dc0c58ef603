import { sizeOfLayout } from "../author/layout.ts";
import { bpf_sock, TCP_SOCK } from "../author/contexts.ts";
import type { Value } from "../ir/ir.ts";
import type { Expression } from "../parse/ast.ts";
import { intType, type Type } from "../types/type.ts";
import { describeOperand, toType, toTyped } from "./convert.ts";
import type { HelperRow, ParameterKind } from "./helper-table.ts";
import { hold } from "./hold.ts";
import { kernelAddress } from "./kernel.ts";
import type { Lowerer } from "./lowerer.ts";
import { succeeded } from "./map-parts.ts";
import { followReference } from "./members.ts";
import { addressOf, checkWritable } from "./memory.ts";
import { FAILED, type Operand, type Place } from "./operand.ts";

type Call = Expression & { readonly kind: "call" };

/** Lowers a call by its row of the table. */
export function callByTable(low: Lowerer, name: string, row: HelperRow, node: Call): Operand {
  const { builder } = low;
  const given: ({ readonly value: () => Value; readonly size: number } | undefined)[] = [];
  for (const [index, parameter] of row.parameters.entries()) {
    const [kind, initial] = typeof parameter === "string" ? [parameter] : parameter;
    const argument = node.args[index];
    if (argument !== undefined) given.push(readArgument(low, kind, argument));
    else if (initial !== undefined) given.push({ value: () => builder.constant(initial), size: 8 });
    else
      return low.refuse(
        "missing-argument",
        node.span,
        `Cannot call ${name}(): an argument is missing`,
        "Give all arguments that the editor shows",
      );
  }
  if (given.includes(undefined)) return FAILED;
  builder.span = node.span;
  const args = row.args.map((one) => {
    if (one === "ctx") return builder.context();
    if (typeof one === "bigint") return builder.constant(one);
    if (typeof one === "number") return given[one]?.value() ?? builder.constant(0n);
    return builder.constant(BigInt(given[one.size]?.size ?? 0));
  });
  return result(low, row, builder.call(row.helper, ...args));
}

function result(low: Lowerer, row: HelperRow, value: Value): Operand {
  const { builder } = low;
  switch (row.result) {
    case "void":
      return { kind: "void" };
    case "ok":
      return succeeded(low, value);
    case "u32":
      return { kind: "value", type: intType(32, false), value: builder.extend(false, 32, value) };
    case "i32":
      return { kind: "value", type: intType(32, true), value: builder.extend(true, 32, value) };
    case "u64":
      return { kind: "value", type: intType(64, false), value };
    case "i64":
      return { kind: "value", type: intType(64, true), value };
    default: {
      const { layout } = row.result === "sock" ? bpf_sock : TCP_SOCK;
      return {
        kind: "value",
        type: { kind: "reference", layout, memory: "socket", boxed: false },
        value,
      };
    }
  }
}

const NUMBERS: Readonly<Partial<Record<ParameterKind, Type>>> = {
  u32: intType(32, false),
  i32: intType(32, true),
  u64: intType(64, false),
  i64: intType(64, true),
  be16: { kind: "be", bits: 16 },
};

/** An argument, and how many bytes a buffer has; `undefined` after a refusal. */
function readArgument(
  low: Lowerer,
  kind: ParameterKind,
  node: Expression,
): { readonly value: () => Value; readonly size: number } | undefined {
  const number = NUMBERS[kind];
  if (number !== undefined) {
    const value = toType(low, low.expression(node, number), number, node.span);
    return value === undefined ? undefined : keep(low, number, value, 8);
  }
  const operand = low.expression(node);
  if (operand.kind === "failed") return undefined;
  switch (kind) {
    case "out":
    case "in": {
      const place = placeOf(low, operand, node);
      if (place === undefined) return undefined;
      if (kind === "out" && !checkWritable(low, place, node.span)) return undefined;
      const held = hold(low, { ...place, base: addressOf(low, place), offset: 0 });
      const value = (): Value => {
        const now = held();
        return now.kind === "place" ? now.base : place.base;
      };
      return { value, size: sizeOfLayout(place.layout) };
    }
    case "trusted":
      return trusted(low, operand, node);
    case "socket": {
      if (operand.kind === "value" && operand.type.kind === "reference") {
        const place = followReference(low, operand.type, operand.value, node.span);
        if (place === undefined) return undefined;
        if (place.memory === "socket") return keep(low, operand.type, operand.value, 8);
      }
      low.refuse(
        "no-socket",
        node.span,
        `Cannot use ${describeOperand(operand)} as a socket: it is none`,
        "Give the context's sk, after checking it",
      );
      return undefined;
    }
    default:
      return address(low, kind, operand, node);
  }
}

function keep(
  low: Lowerer,
  type: Type,
  value: Value,
  size: number,
): { readonly value: () => Value; readonly size: number } {
  const held = hold(low, { kind: "value", type, value });
  return {
    value: () => {
      const now = held();
      return now.kind === "value" ? now.value : value;
    },
    size,
  };
}

/** Memory that a helper reads or fills: a record, a buffer, or the value of a map. */
function placeOf(low: Lowerer, operand: Operand, node: Expression): Place | undefined {
  const place =
    operand.kind === "value" && operand.type.kind === "reference"
      ? followReference(low, operand.type, operand.value, node.span)
      : operand;
  if (place === undefined) return undefined;
  if (place.kind === "place" && place.layout.kind !== "bits" && place.memory !== "context")
    return place;
  low.refuse(
    "no-buffer",
    node.span,
    `Cannot use ${describeOperand(operand)} here: it is no memory of the program`,
    "Name a record, a member of one, or a value of a map",
  );
  return undefined;
}

function trusted(
  low: Lowerer,
  operand: Operand,
  node: Expression,
): { readonly value: () => Value; readonly size: number } | undefined {
  if (
    operand.kind === "value" &&
    operand.type.kind === "kernel" &&
    operand.type.access === "direct"
  )
    return keep(low, operand.type, operand.value, 8);
  if (operand.kind === "kernel-place" && operand.access === "direct") {
    const type: Type = { kind: "address", space: "kernel" };
    return keep(low, type, kernelAddress(low, operand), 8);
  }
  low.refuse(
    "no-trusted-pointer",
    node.span,
    `Cannot use ${describeOperand(operand)} here: the verifier does not know the pointer`,
    "Give an argument of a BTF hook, or what its members lead to",
  );
  return undefined;
}

function address(
  low: Lowerer,
  kind: ParameterKind,
  operand: Operand,
  node: Expression,
): { readonly value: () => Value; readonly size: number } | undefined {
  const type: Type = { kind: "address", space: kind === "user" ? "user" : "kernel" };
  if (operand.kind === "kernel-place" && kind === "kernel")
    return keep(low, type, kernelAddress(low, operand), 8);
  const typed = toTyped(low, operand, node.span);
  if (typed === undefined) return undefined;
  if (typed.type.kind === "kernel" && kind === "kernel")
    return keep(low, typed.type, typed.value, 8);
  if (typed.type.kind === "address" && typed.type.space === kind)
    return keep(low, typed.type, typed.value, 8);
  low.refuse(
    "no-pointer",
    node.span,
    `Cannot read from ${describeOperand(operand)}: this is no address in ${kind === "user" ? "user space" : "the kernel"}`,
    kind === "user" ? "Write userPtr(address)" : "Name a pointer or a member of a kernel struct",
  );
  return undefined;
}
