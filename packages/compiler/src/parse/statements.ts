import type * as es from "oxc-parser";

import type { Statement } from "./ast.ts";
import type { Reader } from "./reader.ts";

/** Reads a statement; what the language lacks is refused and becomes an empty block. */
export function readStatement(reader: Reader, node: es.Statement): Statement {
  const span = reader.span(node);
  switch (node.type) {
    case "BlockStatement":
      return {
        kind: "block",
        scope: true,
        statements: node.body.map((one) => reader.statement(one)),
        span,
      };
    case "EmptyStatement":
      return { kind: "block", scope: true, statements: [], span };
    case "ExpressionStatement":
      return { kind: "expression", expression: reader.expression(node.expression), span };
    case "VariableDeclaration":
      return readVariables(reader, node);
    case "IfStatement":
      return {
        kind: "if",
        test: reader.expression(node.test),
        yes: reader.statement(node.consequent),
        otherwise: node.alternate === null ? undefined : reader.statement(node.alternate),
        span,
      };
    case "ForStatement": {
      const { init } = node;
      const start: readonly Statement[] =
        init === null
          ? []
          : init.type === "VariableDeclaration"
            ? flatten(readVariables(reader, init))
            : [
                {
                  kind: "expression",
                  expression: reader.expression(init),
                  span: reader.span(init),
                },
              ];
      return {
        kind: "loop",
        start,
        test: node.test === null ? undefined : reader.expression(node.test),
        step: node.update === null ? undefined : reader.expression(node.update),
        body: reader.statement(node.body),
        span,
      };
    }
    case "WhileStatement":
      return {
        kind: "loop",
        start: [],
        test: reader.expression(node.test),
        step: undefined,
        body: reader.statement(node.body),
        span,
      };
    case "ForOfStatement": {
      const { left } = node;
      const id = left.type === "VariableDeclaration" ? left.declarations[0]?.id : undefined;
      const [first, second] = id?.type === "ArrayPattern" ? id.elements : [id];
      if (
        first?.type !== "Identifier" ||
        (id?.type === "ArrayPattern" && (id.elements.length > 2 || second?.type !== "Identifier"))
      ) {
        reader.refuse(
          left,
          "this loop variable",
          "Write for (const name of …), or for (const [key, value] of map)",
        );
        return empty(reader, node);
      }
      return {
        kind: "for-of",
        name: first.name,
        ...(second?.type === "Identifier" && { second: second.name }),
        iterable: reader.expression(node.right),
        body: reader.statement(node.body),
        span,
      };
    }
    case "SwitchStatement":
      return {
        kind: "switch",
        subject: reader.expression(node.discriminant),
        cases: node.cases.map(({ test, consequent }) => ({
          test: test === null ? undefined : reader.expression(test),
          body: consequent.map((one) => reader.statement(one)),
        })),
        span,
      };
    case "ReturnStatement":
      return {
        kind: "return",
        value: node.argument === null ? undefined : reader.expression(node.argument),
        span,
      };
    case "BreakStatement":
    case "ContinueStatement":
      if (node.label !== null)
        reader.refuse(node, "a jump to a label", "Move the inner loop into a function and return");
      return { kind: node.type === "BreakStatement" ? "break" : "continue", span };
    default: {
      const [what, fix] = FIXES[node.type] ?? ["this statement", "Use if, switch, for and while"];
      reader.refuse(node, what, fix);
      return empty(reader, node);
    }
  }
}

const FIXES: Readonly<Record<string, readonly [what: string, fix: string]>> = {
  ThrowStatement: ["throw", "Return a value that says what happened"],
  TryStatement: ["try", "Check results: lookups give undefined, helpers negative numbers"],
  ForInStatement: ["for…in", "Use for (const i of range(n))"],
  DoWhileStatement: ["do…while", "Use for or while with a bound"],
  ClassDeclaration: ["a class", "Use struct(name, fields) and functions"],
  FunctionDeclaration: ["a function inside a function", "Move it to the module's top level"],
};

function empty(reader: Reader, node: es.Statement): Statement {
  return { kind: "block", scope: true, statements: [], span: reader.span(node) };
}

function flatten(statement: Statement): readonly Statement[] {
  return statement.kind === "block" ? statement.statements : [statement];
}

function readVariables(reader: Reader, node: es.VariableDeclaration): Statement {
  const statements: Statement[] = [];
  const constant = node.kind === "const";
  if (node.kind === "var") reader.refuse(node, "var", "Use const or let");
  for (const one of node.declarations) {
    const { id } = one;
    const span = reader.span(one);
    const value = one.init === null ? undefined : reader.expression(one.init);
    if (id.type === "Identifier") {
      const type = reader.annotation(id.typeAnnotation);
      statements.push({ kind: "variable", constant, name: id.name, type, value, span });
    } else if (id.type === "ObjectPattern" && value !== undefined) {
      const names: { readonly field: string; readonly name: string }[] = [];
      for (const property of id.properties) {
        if (
          property.type === "Property" &&
          property.key.type === "Identifier" &&
          property.value.type === "Identifier"
        )
          names.push({ field: property.key.name, name: property.value.name });
        else
          reader.refuse(property, "this pattern", "Name the fields: const { a, b: other } = value");
      }
      statements.push({ kind: "destructure", constant, names, value, span });
    } else reader.refuse(id, "this pattern", "Use a name, or { fields } of a struct");
  }
  const [only] = statements;
  return statements.length === 1 && only !== undefined
    ? only
    : { kind: "block", scope: false, statements, span: reader.span(node) };
}
