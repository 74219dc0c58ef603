import type { Value } from "../ir/ir.ts";
import type { Expression } from "../parse/ast.ts";
import { binary, convertTo } from "./arithmetic.ts";
import { readRegister } from "./context.ts";
import { describeOperand } from "./convert.ts";
import { compareText } from "./compare-text.ts";
import { callSubprogram } from "./functions.ts";
import { callHelper } from "./helper-calls.ts";
import { CONTEXT_METHODS } from "./helper-table.ts";
import { hold } from "./hold.ts";
import { callByTable } from "./table-calls.ts";
import type { Lowerer } from "./lowerer.ts";
import { writeIterator } from "./iterator.ts";
import { callMap } from "./map-calls.ts";
import { callAdd } from "./map-values.ts";
import { optional } from "./optional.ts";
import { member } from "./members.ts";
import { FAILED, type Operand } from "./operand.ts";
import { callPacket, openPacket } from "./packet.ts";
import type { Type } from "../types/type.ts";

type Call = Expression & { readonly kind: "call" };

/** Lowers a call: of a schema, a helper, a method or a function of the module. */
export function lowerCall(low: Lowerer, node: Call, expected: Type | undefined): Operand {
  const { callee, span } = node;
  // object?.method(…): the arguments belong to the way on which the object is there.
  if (callee.kind === "member" && callee.optional)
    return optional(low, low.expression(callee.object), node, (object) =>
      callMethod(low, object, callee.name, node),
    );
  if (callee.kind === "member")
    return callMethod(low, low.expression(callee.object), callee.name, node);
  const target = low.expression(callee);
  low.builder.span = span;
  if (target.kind === "failed") return FAILED;
  if (target.kind === "function") return inlineCall(low, target.value, "function", node);
  if (target.kind === "entity") {
    const { entity } = target;
    if (entity.kind === "function")
      return entity.linkage === undefined
        ? inlineCall(low, entity.value, entity.name, node)
        : callSubprogram(low, entity, node);
    if (entity.kind === "schema") return convert(low, node, target);
    if (entity.kind === "builtin") return callHelper(low, entity.name, node, expected);
  }
  return low.refuse(
    "not-a-function",
    span,
    `Cannot call ${describeOperand(target)}: it is no function`,
    "Call a function of the module, or of @ocelli/compiler",
  );
}

function callMethod(low: Lowerer, object: Operand, name: string, node: Call): Operand {
  switch (object.kind) {
    case "failed":
      return FAILED;
    case "context":
      if (name === "packet") return openPacket(low, node.span);
      {
        const row = CONTEXT_METHODS[low.kind]?.[name];
        if (row !== undefined) return callByTable(low, name, row, node);
      }
      if (name === "arg" || name === "result" || name === "ip" || name === "sp") {
        const [index] = node.args;
        return readRegister(low, name, index && low.expression(index), node.span);
      }
      if (low.context.element !== undefined && (name === "print" || name === "write"))
        return writeIterator(low, name, node);
      break;
    case "packet":
      return callPacket(low, object, name, node);
    case "entity":
      if (object.entity.kind === "map") {
        const { shape, name: called } = object.entity;
        const pointer = (): Value => low.builder.map(called);
        return callMap(low, { name: called, shape, pointer }, name, node);
      }
      if (object.entity.kind === "builtin" && object.entity.name === "Math")
        return callMath(low, name, node);
      break;
    case "place":
    case "kernel-place":
      if (name === "equals" || name === "startsWith") return compareText(low, object, name, node);
      break;
    case "value":
      if (name === "add" && object.type.kind === "reference" && object.type.boxed)
        return callAdd(low, object, node);
      if (object.type.kind === "map") return callFound(low, object, name, node);
      break;
    default:
  }
  return low.refuse(
    "no-method",
    node.span,
    `Cannot call ".${name}()" of ${describeOperand(object)}: there is no such method`,
    "Look at what the editor offers behind the dot",
  );
}

/** A method of a map that was found in a map of maps. */
function callFound(
  low: Lowerer,
  object: Operand & { readonly kind: "value" },
  name: string,
  node: Call,
): Operand {
  const checked = member(low, object, name, node.span);
  if (object.type.kind !== "map" || checked.kind === "failed") return FAILED;
  const { shape } = object.type;
  const held = hold(low, object);
  const pointer = (): Value => {
    const now = held();
    return now.kind === "value" ? now.value : object.value;
  };
  return callMap(low, { name: "found in another", shape, pointer }, name, node);
}

function convert(low: Lowerer, node: Call, target: Operand): Operand {
  const schema =
    target.kind === "entity" && target.entity.kind === "schema" ? target.entity.schema : undefined;
  const [argument] = node.args;
  if (schema?.layout.kind !== "int" || argument === undefined || node.args.length !== 1)
    return low.refuse(
      "no-conversion",
      node.span,
      "Cannot convert by this schema: only integers convert",
      "Call u8() to u64() or i8() to i64() with one value",
    );
  const operand = low.expression(argument);
  low.builder.span = node.span;
  return convertTo(low, operand, schema.layout, node.span);
}

function callMath(low: Lowerer, name: string, node: Call): Operand {
  const [argument] = node.args;
  if (name === "trunc" && argument?.kind === "binary" && argument.operator === "/") {
    const left = hold(low, low.expression(argument.left));
    const right = low.expression(argument.right);
    return binary(low, "/", left(), right, node.span, true);
  }
  return low.refuse(
    "no-math",
    node.span,
    `Cannot call Math.${name} here: kernel programs have Math.trunc(a / b) only`,
    "Use if for minima and maxima",
  );
}

function inlineCall(
  low: Lowerer,
  value: Parameters<Lowerer["inline"]>[0],
  name: string,
  node: Call,
): Operand {
  const args = node.args.map((argument) => hold(low, low.expression(argument)));
  return low.inline(
    value,
    args.map((argument) => argument()),
    node.span,
    name,
  );
}
