/** A token of a label selector: the character or word itself, a name, the end, or something that cannot begin a token. */
export interface SelectorToken {
  readonly kind:
    | "end"
    | "name"
    | "error"
    | ")"
    | ","
    | "!"
    | "=="
    | "="
    | ">"
    | "in"
    | "<"
    | "!="
    | "notin"
    | "(";
  readonly text: string;
}

const SPECIAL = "=!(),><";
const SYMBOLS = [")", ",", "!", "==", "=", ">", "<", "!=", "("] as const;
const WORDS = ["in", "notin"] as const;

/** The tokens of a label selector, Kubernetes' grammar. The last one is the end. */
export function readSelectorTokens(text: string): SelectorToken[] {
  const tokens: SelectorToken[] = [];
  let at = 0;
  for (;;) {
    while (at < text.length && " \t\r\n".includes(text.charAt(at))) at += 1;
    if (at >= text.length) {
      tokens.push({ kind: "end", text: "" });
      return tokens;
    }
    const token = SPECIAL.includes(text.charAt(at)) ? readSymbol(text, at) : readWord(text, at);
    tokens.push(token);
    at += Math.max(1, token.text.length);
  }
}

function readSymbol(text: string, start: number): SelectorToken {
  // The longest run of special characters that is a token.
  const two = text.slice(start, start + 2);
  const kind =
    SYMBOLS.find((symbol) => symbol === two) ??
    SYMBOLS.find((symbol) => symbol === text.charAt(start));
  return kind === undefined ? { kind: "error", text: two } : { kind, text: kind };
}

function readWord(text: string, start: number): SelectorToken {
  let end = start;
  while (end < text.length && !` \t\r\n${SPECIAL}`.includes(text.charAt(end))) end += 1;
  const word = text.slice(start, end);
  return { kind: WORDS.find((one) => one === word) ?? "name", text: word };
}
