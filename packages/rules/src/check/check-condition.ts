import type {
  CompareNode,
  FilterNode,
  LeftSide,
  RightSide,
  TransformerArgument,
  TransformerNode,
} from "../filter/ast.ts";
import { eventNameProblem, valueProblem } from "./check-value.ts";
import { regexProblem, simplerThanRegex } from "./check-regex.ts";
import { errorFinding, type Finding } from "./finding.ts";
import { transformerProblem, twoSidesProblem, type SideType } from "./check-two-sides.ts";
import { deprecatedField, resolveField } from "./resolve-field.ts";
import { KIND_NAMES, kindOfType, OPERATORS, type ValueKind } from "./value-kind.ts";

/**
 * Checks a condition whose macros are resolved: that fields exist, operators fit their types, values can be read.
 * Every part is looked at; parts that macros share are looked at once. `source` is where the events come from.
 */
export function checkCondition(node: FilterNode, source: string = "syscall"): Finding[] {
  const findings: Finding[] = [];
  const seen = new Set<FilterNode>();
  const visit = (one: FilterNode): void => {
    if (seen.has(one)) return;
    seen.add(one);
    switch (one.kind) {
      case "and":
      case "or":
        one.children.forEach(visit);
        return;
      case "not":
        visit(one.child);
        return;
      case "exists":
        sideType(one.left, findings, source);
        return;
      case "compare":
        checkCompare(one, findings, source);
        return;
      case "macro":
        findings.push(
          errorFinding(
            "unknown",
            one.span,
            `Undefined macro '${one.name}' used in filter.`,
            "Define the macro before the rule",
          ),
        );
    }
  };
  visit(node);
  return findings;
}

function checkCompare(node: CompareNode, findings: Finding[], source: string): void {
  const before = findings.length;
  warnOfMissingText(node, findings);
  const left = sideType(node.left, findings, source);
  if (left === undefined || findings.slice(before).some(({ severity }) => severity === "error"))
    return;
  if (checkEventName(node, findings)) return;
  const deprecated = node.left.kind === "field" ? deprecatedField(node.left.name) : undefined;
  if (deprecated !== undefined && source === "syscall")
    findings.push(deprecatedWarning(node, deprecated.message));
  const kind: ValueKind = left.list ? "list" : kindOfType(left.type);
  if (left.type !== "dynamic" && !OPERATORS[kind].has(node.operator)) {
    findings.push(
      errorFinding(
        "type",
        node.span,
        `filter error: '${node.operator}' operator not supported for ${KIND_NAMES[kind]} filters`,
        `Use ${[...OPERATORS[kind]].join(", ")} or exists`,
      ),
    );
    return;
  }
  const around = node.left.kind === "field" && node.left.name === "evt.around";
  if (around && node.operator !== "=" && node.operator !== "==") {
    findings.push(
      errorFinding(
        "type",
        node.span,
        "evt.around supports only '=' comparison operator",
        "Write evt.around[NANOSECONDS] = MILLISECONDS",
      ),
    );
    return;
  }
  checkRight(node, left, findings, source);
}

function checkRight(node: CompareNode, left: SideType, findings: Finding[], source: string): void {
  const { right } = node;
  if (right.kind === "value" || right.kind === "transformer") {
    const side = right.kind === "value" ? right.field : right;
    const type = sideType(side, findings, source);
    if (type === undefined) return;
    const problem = twoSidesProblem(node.operator, node.left, left, side, type);
    if (problem !== undefined)
      findings.push(errorFinding("type", right.span, problem.message, problem.hint));
    return;
  }
  for (const { value, span } of valuesOf(right)) {
    const problem =
      node.operator === "regex" ? regexProblem(value) : valueProblem(left.type, value);
    if (problem !== undefined) {
      findings.push(errorFinding("value", span, problem.message, problem.hint));
      return;
    }
    if (node.operator !== "regex") continue;
    const simpler = simplerThanRegex(value);
    if (simpler !== undefined) findings.push({ ...simpler, span });
  }
}

/** `evt.type` is compared with whole names of events only. Says whether it was one. */
function checkEventName(node: CompareNode, findings: Finding[]): boolean {
  const { left } = node;
  if (left.kind === "transformer") {
    const [inner] = left.arguments;
    if (inner?.kind !== "field" || inner.name !== "evt.type") return false;
    if (left.name !== "len") {
      findings.push(
        errorFinding(
          "type",
          node.span,
          "event code search does not support `evt.type` checks with transformers",
          "Compare evt.type itself with whole names of events",
        ),
      );
      return true;
    }
  } else if (left.name !== "evt.type") return false;
  if (left.kind === "field" && !OPERATORS.text.has(node.operator)) return false;
  for (const { value, span } of valuesOf(node.right)) {
    const problem = eventNameProblem(value);
    if (problem === undefined) continue;
    findings.push(errorFinding("unknown", span, problem.message, problem.hint));
    return true;
  }
  return true;
}

/** Says once for a condition that a field of audit events is compared with the text `<NA>`. */
function warnOfMissingText(node: CompareNode, findings: Finding[]): void {
  const { left, operator } = node;
  if (left.kind !== "field" || !/^(?:ka|jevt)\./.test(left.name)) return;
  if (!["=", "==", "!=", "in", "intersects", "pmatch"].includes(operator)) return;
  if (!valuesOf(node.right).some(({ value }) => value === "<NA>")) return;
  if (findings.some(({ kind }) => kind === "unsafe-na")) return;
  findings.push({
    severity: "warning",
    kind: "unsafe-na",
    span: node.span,
    message: "",
    hint: "Comparing with <NA> finds no missing value: use the operator exists",
  });
}

function deprecatedWarning(node: CompareNode, message: string): Finding {
  const name = node.left.kind === "field" ? node.left.name : "";
  const hint = `Remove the check of ${name}`;
  return { severity: "warning", kind: "deprecated", span: node.span, message, hint };
}

/** The plain values of a right side; none for fields and transformers. */
function valuesOf(right: RightSide): readonly { value: string; span: CompareNode["span"] }[] {
  switch (right.kind) {
    case "text":
    case "number":
      return [right];
    case "name":
      return [{ value: right.name, span: right.span }];
    case "list":
      return right.items;
    case "value":
    case "transformer":
      return [];
  }
}

function sideType(side: LeftSide, findings: Finding[], source: string): SideType | undefined {
  if (side.kind === "transformer") return transformerType(side, findings, source);
  const found = resolveField(side, source);
  if ("field" in found) return { type: found.field.type, list: found.field.list };
  findings.push(found);
  return undefined;
}

function argumentType(
  side: TransformerArgument,
  findings: Finding[],
  source: string,
): SideType | undefined {
  switch (side.kind) {
    case "field":
    case "transformer":
      return sideType(side, findings, source);
    case "text":
      return { type: "text", list: false };
    case "number":
      return { type: "uint64", list: false };
    case "argument-list":
      for (const item of side.items) argumentType(item, findings, source);
      return { type: "text", list: true };
  }
}

function transformerType(
  node: TransformerNode,
  findings: Finding[],
  source: string,
): SideType | undefined {
  const before = findings.length;
  const args = node.arguments.map((argument) => argumentType(argument, findings, source));
  if (findings.length > before) return undefined;
  const alone = node.arguments.map((argument) =>
    argument.kind === "field" ? transformerProblem(argument.name) : undefined,
  );
  const problem = alone.find((one) => one !== undefined);
  if (problem !== undefined) {
    findings.push(errorFinding("type", node.span, problem.message, problem.hint));
    return undefined;
  }
  const refuse = (message: string, hint: string): undefined => {
    findings.push(errorFinding("type", node.span, message, hint));
    return undefined;
  };
  const [first] = args;
  switch (node.name) {
    case "len":
      return { type: "uint64", list: false };
    case "join":
    case "concat":
      return { type: "text", list: false };
    case "getopt":
      return first?.list === true
        ? { type: "text", list: false }
        : refuse(
            "getopt() first argument must be a list",
            "No field of this catalogue is a list of arguments",
          );
    case "tolower":
    case "toupper":
    case "basename":
    case "b64":
      return first?.type === "text" || (node.name === "b64" && first?.type === "bytes")
        ? { type: first.type, list: first.list }
        : refuse(
            `Cannot apply ${node.name}() to a value that is no text`,
            "Apply it to a field of type text",
          );
  }
}
