import { CelSyntaxError } from "./problem.ts";
import { encodeUtf8 } from "./utf8.ts";

const SIMPLE: Readonly<Record<string, string>> = {
  a: "\u0007",
  b: "\b",
  f: "\f",
  n: "\n",
  r: "\r",
  t: "\t",
  v: "\v",
  "\\": "\\",
  "'": "'",
  '"': '"',
  "`": "`",
  "?": "?",
};

/** A string or bytes literal of an expression, and where it ends. */
export type CelString =
  | { readonly kind: "string"; readonly value: string; readonly end: number }
  | { readonly kind: "bytes"; readonly value: Uint8Array; readonly end: number };

/** Reads the literal at `at`, whose prefix and opening quote are `start`. Throws CelSyntaxError. */
export function readCelString(source: string, at: number, start: string): CelString {
  const prefix = start.replace(/["']+$/, "").toLowerCase();
  const quote = start.slice(prefix.length);
  const raw = prefix.includes("r");
  const isBytes = prefix.includes("b");
  const bytes: number[] = [];
  let text = "";
  let index = at + start.length;
  const push = (character: string): void => {
    if (isBytes) bytes.push(...encodeUtf8(character));
    else text += character;
  };
  for (;;) {
    if (source.startsWith(quote, index)) break;
    const code = source.codePointAt(index);
    if (code === undefined || (quote.length === 1 && (code === 10 || code === 13))) {
      const shown = source.slice(at, index);
      throw new CelSyntaxError(at, `Syntax error: token recognition error at: '${shown}'`);
    }
    const character = String.fromCodePoint(code);
    index += character.length;
    if (character !== "\\" || raw) {
      push(character);
      continue;
    }
    const letter = source.charAt(index);
    const simple = SIMPLE[letter];
    if (simple !== undefined) {
      push(simple);
      index += 1;
      continue;
    }
    const escape =
      /^(?:[xX]([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|([0-3][0-7]{2}))/.exec(
        source.slice(index, index + 9),
      );
    if (escape === null) throw new CelSyntaxError(at, "unable to unescape string");
    index += escape[0].length;
    const value = Number.parseInt(
      escape[1] ?? escape[2] ?? escape[3] ?? escape[4] ?? "0",
      escape[4] === undefined ? 16 : 8,
    );
    const isUnicode = escape[2] !== undefined || escape[3] !== undefined;
    if (value > 0x10_ffff || (value >= 0xd800 && value < 0xe000) || (isBytes && isUnicode)) {
      throw new CelSyntaxError(at, "unable to unescape string");
    }
    if (isBytes) bytes.push(value);
    else text += String.fromCodePoint(value);
  }
  const end = index + quote.length;
  return isBytes
    ? { kind: "bytes", value: Uint8Array.from(bytes), end }
    : { kind: "string", value: text, end };
}
