/** Characters by code point: pairs of first and last, in no order. */
export type Ranges = readonly (readonly [number, number])[];

/** A regular expression as a tree. */
export type RegexNode =
  | { readonly kind: "empty" | "line-start" | "line-end" }
  | { readonly kind: "set"; readonly ranges: Ranges; readonly negated: boolean }
  | { readonly kind: "sequence" | "choice"; readonly items: readonly RegexNode[] }
  /** `most` is undefined where there is no limit. */
  | {
      readonly kind: "repeat";
      readonly item: RegexNode;
      readonly least: number;
      readonly most: number | undefined;
    };

/** What is wrong with a pattern, in RE2's words, with the culprit. */
export interface RegexProblem {
  readonly message: string;
}
