import type { DescEnum, DescMessage } from "@bufbuild/protobuf";

import type { CelProblem } from "./problem.ts";
import { CEL, type CelType } from "./types.ts";
import type { CelValue } from "./values.ts";

/** What an evaluation needs: the variables by slot, and how many steps are left. */
export interface Frame {
  readonly slots: CelValue[];
  steps: number;
}

/** A checked part of an expression. */
export interface Compiled {
  readonly type: CelType;
  readonly run: (frame: Frame) => CelValue;
}

/** A variable: where its value is in the frame. */
export interface Variable {
  readonly name: string;
  readonly type: CelType;
  readonly slot: number;
}

/** What names mean. `container` is the package that unqualified names are looked up in first. */
export interface Scope {
  readonly container: string;
  readonly variables: readonly Variable[];
  readonly enums: readonly DescEnum[];
  readonly messages: readonly DescMessage[];
  readonly problems: CelProblem[];
}

/** One form of a function: what it takes (the target first, for methods) and gives. */
export interface Overload {
  readonly method: boolean;
  readonly params: readonly CelType[];
  readonly result: CelType;
}

/** A function of the language: its forms and what it does. */
export interface CelFunction {
  readonly overloads: readonly Overload[];
  readonly run: (args: readonly CelValue[]) => CelValue;
}

const FAILED: Compiled = { type: CEL.error, run: () => null };

/** Notes a problem and stands in for what was wrong. */
export function refuse(scope: Scope, at: number, message: string): Compiled {
  scope.problems.push({ at, message });
  return FAILED;
}
