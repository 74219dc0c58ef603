/**
 * The base of every error that Ocelli throws on purpose. `code` comes from a closed set and is what programs compare;
 * `message` is for people and may change.
 */
export class OcelliError<Code extends string = string> extends Error {
  readonly code: Code;

  constructor(code: Code, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = new.target.name;
    this.code = code;
  }
}
