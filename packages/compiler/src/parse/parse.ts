import { errorAt, type Diagnostic } from "@ocelli/bpf";
import { parseSync, type Statement as EsStatement } from "oxc-parser";

import type { Declaration, Import, Module } from "./ast.ts";
import { createReader, type Reader } from "./reader.ts";

/** A module with everything that is wrong in it; what could not be read is missing. */
export interface Parsed {
  readonly module: Module;
  readonly diagnostics: readonly Diagnostic[];
}

/** Parses a `.bpf.ts` file into the compiler's own tree; `file` names one that another imports. Never throws on input. */
export function parseModule(text: string, file?: string): Parsed {
  const diagnostics: Diagnostic[] = [];
  const parsed = parseSync("module.ts", text, { lang: "ts", sourceType: "module" });
  for (const { message, labels } of parsed.errors) {
    const label = labels[0];
    const span = {
      offset: label?.start ?? 0,
      length: (label?.end ?? 0) - (label?.start ?? 0),
      ...(file !== undefined && { section: file }),
    };
    diagnostics.push(
      errorAt("syntax", span, `Cannot read the module: ${lowerFirst(message)}`, "Mend the syntax"),
    );
  }
  if (diagnostics.length > 0) return { module: { imports: [], declarations: [] }, diagnostics };
  const reader = createReader(diagnostics, file);
  const imports: Import[] = [];
  const declarations: Declaration[] = [];
  for (const statement of parsed.program.body)
    readTopLevel(statement, reader, imports, declarations);
  return { module: { imports, declarations }, diagnostics };
}

function lowerFirst(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1);
}

function readTopLevel(
  node: EsStatement,
  reader: Reader,
  imports: Import[],
  declarations: Declaration[],
): void {
  switch (node.type) {
    case "ImportDeclaration":
      if (node.importKind === "type") return;
      for (const one of node.specifiers) {
        const span = reader.span(one);
        if (one.type === "ImportSpecifier") {
          if (one.importKind === "type") continue;
          const imported =
            one.imported.type === "Identifier" ? one.imported.name : one.imported.value;
          imports.push({ local: one.local.name, imported, from: node.source.value, span });
        } else reader.refuse(one, "an import of a whole module", "Import each name in braces");
      }
      return;
    case "ExportNamedDeclaration":
      if (node.exportKind === "type") return;
      if (node.declaration === null)
        reader.refuse(node, "an export list", "Put export before the declaration");
      else readDeclaration(node.declaration, true, reader, declarations);
      return;
    default:
      readDeclaration(node, false, reader, declarations);
  }
}

function readDeclaration(
  node: EsStatement,
  exported: boolean,
  reader: Reader,
  declarations: Declaration[],
): void {
  switch (node.type) {
    case "TSTypeAliasDeclaration":
    case "TSInterfaceDeclaration":
    case "EmptyStatement":
      return;
    case "FunctionDeclaration": {
      const value = reader.functionOf(node);
      declarations.push({ name: value.name, exported, value, span: reader.span(node) });
      return;
    }
    case "VariableDeclaration":
      if (node.declare === true) return;
      for (const { id, init } of node.declarations) {
        if (node.kind !== "const")
          reader.refuse(
            node,
            `a module variable with ${node.kind}`,
            "Use const; a variable that programs change is global(schema, initial)",
          );
        else if (id.type !== "Identifier" || init === null)
          reader.refuse(node, "this declaration", "Declare one name with one value");
        else {
          const value = reader.expression(init);
          declarations.push({ name: id.name, exported, value, span: reader.span(id) });
        }
      }
      return;
    default:
      reader.refuse(
        node,
        "this statement in a module",
        "A module declares schemas, maps, constants, functions and programs",
      );
  }
}
