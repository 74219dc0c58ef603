const TOKEN =
  /\s*(?:(<<=|s?(?:>>=|>=|<=|>|<|\/=|%=)|==|!=|[-+*|&^]=|[-+*/=&|^%()[\],#:])|(0x[0-9a-fA-F]+|\d+)(?![\w.$])|([A-Za-z_.$][\w.$]*|"(?:[^"\\\n]|\\u[\da-f]{4})*"))/y;

/** A statement cut into tokens. */
export interface Tokens {
  /** The tokens with one space between them, so that patterns need not care for white space. */
  readonly text: string;
  /** Where a character stands that no token begins with; `undefined` when all was read. */
  readonly strayAt: number | undefined;
}

/** Cuts one statement of either notation into operators, numbers and names. */
export function tokenize(statement: string): Tokens {
  const parts: string[] = [];
  let at = 0;
  while (statement.slice(at).trim() !== "") {
    TOKEN.lastIndex = at;
    const match = TOKEN.exec(statement);
    if (match === null)
      return { text: parts.join(" "), strayAt: at + statement.slice(at).search(/\S/) };
    parts.push(match[1] ?? match[2] ?? match[3] ?? "");
    at = TOKEN.lastIndex;
  }
  return { text: parts.join(" "), strayAt: undefined };
}
