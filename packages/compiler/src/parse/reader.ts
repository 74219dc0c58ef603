import { errorAt, type Diagnostic, type Span } from "@ocelli/bpf";
import type * as es from "oxc-parser";

import type { Expression, FunctionExpression, Parameter, Statement } from "./ast.ts";
import { readStatement } from "./statements.ts";
import { readExpression } from "./expressions.ts";

/** A node of the parser's tree: where it stands in the text. */
export interface Placed {
  readonly start: number;
  readonly end: number;
}

/** What the readers of statements and expressions share. */
export interface Reader {
  span(node: Placed): Span;
  /** Says that something is outside the language, and what to write instead. */
  refuse(node: Placed, what: string, fix: string): void;
  expression(node: es.Expression | es.PrivateIdentifier | es.Super): Expression;
  statement(node: es.Statement): Statement;
  functionOf(node: es.Function | es.ArrowFunctionExpression): FunctionExpression;
  /** The name of a type annotation; empty when there is none. */
  annotation(node: es.TSTypeAnnotation | null | undefined): string;
  /** What stands for an expression that was refused. */
  nothing(node: Placed): Expression;
}

/** Makes the reader of one module; spans of one that another imports name its file. */
export function createReader(diagnostics: Diagnostic[], file?: string): Reader {
  const where = file === undefined ? {} : { section: file };
  const reader: Reader = {
    span: ({ start, end }) => ({ offset: start, length: end - start, ...where }),
    refuse(node, what, fix) {
      diagnostics.push(
        errorAt(
          "unsupported-syntax",
          reader.span(node),
          `Cannot compile ${what}: kernel programs have no such thing`,
          fix,
        ),
      );
    },
    expression: (node) => readExpression(reader, node),
    statement: (node) => readStatement(reader, node),
    functionOf: (node) => readFunction(reader, node),
    annotation(node) {
      if (node === null || node === undefined) return "";
      const { typeAnnotation } = node;
      switch (typeAnnotation.type) {
        case "TSTypeReference":
          return typeAnnotation.typeName.type === "Identifier" ? typeAnnotation.typeName.name : "";
        case "TSBooleanKeyword":
          return "boolean";
        case "TSNumberKeyword":
          return "number";
        case "TSBigIntKeyword":
          return "bigint";
        case "TSVoidKeyword":
          return "void";
        default:
          return "";
      }
    },
    nothing: (node) => ({ kind: "name", name: "undefined", span: reader.span(node) }),
  };
  return reader;
}

function readFunction(
  reader: Reader,
  node: es.Function | es.ArrowFunctionExpression,
): FunctionExpression {
  if (node.async)
    reader.refuse(node, "an async function", "Programs run to their end: leave out async");
  if (node.generator) reader.refuse(node, "a generator", "Use a loop over range(n)");
  const parameters: Parameter[] = [];
  for (const one of node.params) {
    if (one.type === "Identifier")
      parameters.push({
        name: one.name,
        type: reader.annotation(one.typeAnnotation),
        span: reader.span(one),
      });
    else reader.refuse(one, "this parameter", "Give the parameter a plain name");
  }
  const { body } = node;
  const statement: Statement =
    body === null
      ? { kind: "block", scope: true, statements: [], span: reader.span(node) }
      : body.type === "BlockStatement"
        ? {
            kind: "block",
            scope: true,
            statements: body.body.map((one) => reader.statement(one)),
            span: reader.span(body),
          }
        : { kind: "return", value: reader.expression(body), span: reader.span(body) };
  const name = node.type === "ArrowFunctionExpression" ? "" : (node.id?.name ?? "");
  const returns = reader.annotation(node.returnType);
  return { kind: "function", name, parameters, returns, body: statement, span: reader.span(node) };
}
