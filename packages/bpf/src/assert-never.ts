/** Ends a `switch` over all kinds of something: a kind without a case does not compile. */
export function assertNever(value: never): never {
  throw new TypeError(`Cannot handle a value that its type rules out: ${JSON.stringify(value)}`);
}
