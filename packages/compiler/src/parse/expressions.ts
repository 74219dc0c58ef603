import type * as es from "oxc-parser";

import type { Expression } from "./ast.ts";
import { isBinaryOperator } from "./operators.ts";
import type { Reader } from "./reader.ts";

/** Reads an expression; what the language lacks is refused and becomes `undefined`. */
export function readExpression(
  reader: Reader,
  node: es.Expression | es.PrivateIdentifier | es.Super,
): Expression {
  const span = reader.span(node);
  switch (node.type) {
    case "Literal":
      return readLiteral(reader, node);
    case "Identifier":
      return { kind: "name", name: node.name, span };
    case "ParenthesizedExpression":
    case "TSNonNullExpression":
    case "TSAsExpression":
    case "TSSatisfiesExpression":
      if (node.type === "TSNonNullExpression")
        reader.refuse(node, "the operator ! behind a value", "Check it: if (!value) return …");
      if (node.type === "TSAsExpression")
        reader.refuse(node, "a type assertion", "Convert the value, e.g. u32(value)");
      return reader.expression(node.expression);
    case "MemberExpression":
      if (node.computed)
        return {
          kind: "index",
          object: reader.expression(node.object),
          index: reader.expression(node.property),
          span,
        };
      return {
        kind: "member",
        object: reader.expression(node.object),
        name: node.property.type === "Identifier" ? node.property.name : "",
        optional: node.optional,
        span,
      };
    case "ChainExpression":
      return { kind: "chain", expression: reader.expression(node.expression), span };
    case "CallExpression": {
      const args: Expression[] = [];
      for (const one of node.arguments) {
        if (one.type === "SpreadElement")
          reader.refuse(one, "a spread argument", "List the arguments");
        else args.push(reader.expression(one));
      }
      const callee = reader.expression(node.callee);
      return { kind: "call", callee, args, optional: node.optional, span };
    }
    case "UnaryExpression":
      return readUnary(reader, node);
    case "BinaryExpression":
      return node.left.type === "PrivateIdentifier"
        ? refused(reader, node)
        : readBinary(reader, node, node.left);
    case "LogicalExpression":
      return {
        kind: "logical",
        operator: node.operator,
        left: reader.expression(node.left),
        right: reader.expression(node.right),
        span,
      };
    case "ConditionalExpression":
      return {
        kind: "conditional",
        test: reader.expression(node.test),
        yes: reader.expression(node.consequent),
        otherwise: reader.expression(node.alternate),
        span,
      };
    case "AssignmentExpression":
      return readAssignment(reader, node);
    case "UpdateExpression":
      return {
        kind: "update",
        operator: node.operator === "++" ? "+" : "-",
        prefix: node.prefix,
        target: reader.expression(node.argument),
        span,
      };
    case "ObjectExpression":
      return readObject(reader, node);
    case "ArrayExpression": {
      const elements: Expression[] = [];
      for (const one of node.elements) {
        if (one === null || one.type === "SpreadElement")
          reader.refuse(node, "a hole or a spread in an array", "List the elements");
        else elements.push(reader.expression(one));
      }
      return { kind: "array", elements, span };
    }
    case "TemplateLiteral":
      return {
        kind: "template",
        texts: node.quasis.map(({ value }) => value.cooked ?? value.raw),
        values: node.expressions.map((one) => reader.expression(one)),
        span,
      };
    case "ArrowFunctionExpression":
    case "FunctionExpression":
      return reader.functionOf(node);
    default:
      return refused(reader, node);
  }
}

const FIXES: Readonly<Record<string, readonly [what: string, fix: string]>> = {
  AwaitExpression: ["await", "Programs run to their end without waiting"],
  NewExpression: ["new", "There is no heap: use a map, a ring record or scratch(schema)"],
  ThisExpression: ["this", "Use the program's parameters"],
  YieldExpression: ["yield", "Use a loop over range(n)"],
  ClassExpression: ["a class", "Use struct(name, fields) and functions"],
  TaggedTemplateExpression: ["a tagged template", "Call a function"],
  SequenceExpression: ["the comma operator", "Write two statements"],
};

function refused(
  reader: Reader,
  node: es.Expression | es.PrivateIdentifier | es.Super,
): Expression {
  const [what, fix] = FIXES[node.type] ?? [
    "this expression",
    "Use numbers, structs, maps and calls",
  ];
  reader.refuse(node, what, fix);
  return reader.nothing(node);
}

function readLiteral(
  reader: Reader,
  node: Extract<es.Expression, { readonly type: "Literal" }>,
): Expression {
  const span = reader.span(node);
  if ("regex" in node) {
    reader.refuse(node, "a regular expression", "Compare bytes in a loop");
    return reader.nothing(node);
  }
  const { value } = node;
  switch (typeof value) {
    case "number":
      if (!Number.isInteger(value)) {
        reader.refuse(
          node,
          `the fraction ${value}`,
          "Numbers are whole: multiply first, divide last",
        );
        return { kind: "number", value: Math.trunc(value), span };
      }
      return { kind: "number", value, span };
    case "bigint":
      return { kind: "bigint", value, span };
    case "string":
      return { kind: "string", value, span };
    case "boolean":
      return { kind: "boolean", value, span };
    default:
      reader.refuse(node, "null", "Use undefined");
      return reader.nothing(node);
  }
}

function readUnary(reader: Reader, node: es.UnaryExpression): Expression {
  const { operator } = node;
  const operand = reader.expression(node.argument);
  if (operator === "-" || operator === "+" || operator === "!" || operator === "~")
    return { kind: "unary", operator, operand, span: reader.span(node) };
  reader.refuse(node, `the operator ${operator}`, "Types are known before the program runs");
  return operand;
}

function readBinary(
  reader: Reader,
  node: Pick<es.BinaryExpression, "operator" | "right" | "start" | "end">,
  first: es.Expression,
): Expression {
  const left = reader.expression(first);
  const right = reader.expression(node.right);
  const { operator } = node;
  if (isBinaryOperator(operator))
    return { kind: "binary", operator, left, right, span: reader.span(node) };
  const fix =
    operator === "=="
      ? "Use ==="
      : operator === "!="
        ? "Use !=="
        : operator === "**"
          ? "Multiply in a loop, or shift"
          : "Compare fields instead";
  reader.refuse(node, `the operator ${operator}`, fix);
  return left;
}

function readAssignment(reader: Reader, node: es.AssignmentExpression): Expression {
  const span = reader.span(node);
  const value = reader.expression(node.right);
  if (node.left.type !== "Identifier" && node.left.type !== "MemberExpression") {
    reader.refuse(node.left, "an assignment to a pattern", "Assign one name at a time");
    return value;
  }
  const target = reader.expression(node.left);
  const operator = node.operator.slice(0, -1);
  if (operator === "") return { kind: "assign", operator: undefined, target, value, span };
  if (isBinaryOperator(operator)) return { kind: "assign", operator, target, value, span };
  reader.refuse(node, `the operator ${node.operator}`, "Use if and a plain assignment");
  return value;
}

function readObject(reader: Reader, node: es.ObjectExpression): Expression {
  const fields: { readonly name: string; readonly value: Expression }[] = [];
  for (const one of node.properties) {
    if (one.type !== "Property" || one.computed || one.kind !== "init" || one.method) {
      reader.refuse(one, "this member", "Write name: value");
      continue;
    }
    const { key } = one;
    const name =
      key.type === "Identifier"
        ? key.name
        : key.type === "Literal" && typeof key.value === "string"
          ? key.value
          : "";
    fields.push({ name, value: reader.expression(one.value) });
  }
  return { kind: "object", fields, span: reader.span(node) };
}
