import { fail, takePattern, type Cursor } from "./cursor.ts";

// blank, tab, line feed, vertical tab, form feed, carriage return
const BARE_TEXT = /[^()"' \t\n\v\f\r=,]+/y;

const ESCAPES: Readonly<Record<string, string>> = {
  b: "\b",
  f: "\f",
  n: "\n",
  r: "\r",
  t: "\t",
  "\\": "\\",
  "/": "/",
  '"': '"',
  "'": "'",
  // Rules written before escapes were read rely on this one.
  " ": "\\",
};

/** Reads a quoted text, unescaped; undefined when none starts here or the closing quote is missing. */
export function takeQuotedText(cursor: Cursor): string | undefined {
  const { text, offset } = cursor;
  const quote = text[offset];
  if (quote !== '"' && quote !== "'") return undefined;
  // A quote closes unless the character before it is a backslash, even an escaped one: Falco's own reading.
  let end = text.indexOf(quote, offset + 1);
  while (end !== -1 && text[end - 1] === "\\") end = text.indexOf(quote, end + 1);
  if (end === -1) return undefined;
  cursor.offset = end + 1;
  return unescape(cursor, text.slice(offset + 1, end), quote);
}

/** Reads a text without quotes: anything up to a blank, parenthesis, quote, `=` or comma. */
export function takeBareText(cursor: Cursor): string | undefined {
  return takePattern(cursor, BARE_TEXT);
}

function unescape(cursor: Cursor, raw: string, quote: string): string {
  if (!raw.includes("\\")) return raw;
  let value = "";
  for (let index = 0; index < raw.length; index++) {
    const character = raw.charAt(index);
    if (character !== "\\") {
      value += character;
      continue;
    }
    const escaped = raw.charAt(++index);
    const meaning = ESCAPES[escaped];
    const foreign = (escaped === '"' || escaped === "'") && escaped !== quote;
    if (meaning === undefined || foreign) {
      fail(
        cursor,
        "filter-escape",
        `Cannot read the escape \\${escaped} in a text quoted with ${quote}`,
        `Use \\b \\f \\n \\r \\t \\\\ \\/ or \\${quote}; write \\\\ for one backslash`,
      );
    }
    value += meaning;
  }
  return value;
}
