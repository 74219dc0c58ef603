import assert from "node:assert/strict";
import { test } from "node:test";

import { declarationOf } from "./declaration.ts";

const SOURCE = `
/** What a thing is. */
export interface Thing<T extends string> extends Other {
  /** In bytes; { or more. */
  readonly size: number;
  readonly place:
    | { readonly at: T }
    | undefined;
}
export class Box implements Disposable {
  readonly #inside: number;
  readonly name: string;
  constructor(name: string) {
    this.name = name;
  }
  get open(): boolean {
    return true;
  }
  take(options: { readonly all?: boolean } = {}): Map<string, number> {
    return new Map();
  }
  private hidden(): void {}
}
export function make(
  size = 1 << 20,
  then: (x: number) => void,
): { readonly box: Box } | undefined {
  return undefined;
}
export function two(x: string): string;
export function two(x: number): number;
export const LIMIT: number = 5;
export type Kind = "a" | "b";
`;

test("declarationOf() lists signatures and public members", () => {
  assert.deepEqual(
    ["Thing", "Box", "make", "two", "LIMIT", "Kind", "absent"].map((name) =>
      declarationOf(SOURCE, name),
    ),
    [
      [
        "interface Thing<T extends string> extends Other",
        "  readonly size: number",
        "  readonly place: | { readonly at: T } | undefined",
      ],
      [
        "class Box implements Disposable",
        "  readonly name: string",
        "  constructor(name: string)",
        "  get open(): boolean",
        "  take(options: { readonly all?: boolean } = {}): Map<string, number>",
      ],
      [
        "function make(size = 1 << 20, then: (x: number) => void): { readonly box: Box } | undefined",
      ],
      ["function two(x: string): string", "function two(x: number): number"],
      ["const LIMIT: number"],
      ['type Kind = "a" | "b"'],
      [],
    ],
  );
});
