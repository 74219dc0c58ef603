const OPEN = "([{<";
const CLOSE = ")]}>";

/** Source text without comments; what looks like one inside a string is rare enough in a signature. */
function withoutComments(text: string): string {
  return text.replaceAll(/\/\*[\s\S]*?\*\//g, "").replaceAll(/(^|\s)\/\/.*$/gm, "$1");
}

function oneLine(text: string): string {
  return text
    .replaceAll(/([([<])\n\s*/g, "$1")
    .replaceAll(/,?\n\s*([)\]>])/g, "$1")
    .replaceAll(/\s+/g, " ")
    .trim();
}

/**
 * Where a signature that begins at `start` ends: before the body, the value, or the semicolon. Braces of types are part
 * of it: they follow a colon, an operator, or another opening bracket.
 */
function endOfSignature(text: string, start: number): number {
  let depth = 0;
  let angles = 0;
  let before = "";
  for (let at = start; at < text.length; at += 1) {
    const letter = text[at] ?? "";
    // Angle brackets belong to types when they follow a name; else they compare or shift.
    const angle = letter === "<" && !/\w/.test(text[at - 1] ?? "");
    const arrow = letter === ">" && (text[at - 1] === "=" || angles === 0);
    if (depth === 0) {
      if (letter === ";") return at;
      if (letter === "=" && text[at + 1] !== ">") return at;
      if (letter === "{" && !/[:|&=,(<]/.test(before) && !(before === ">" && text[at - 2] === "="))
        return at;
    }
    if (OPEN.includes(letter) && !angle) depth += 1;
    else if (CLOSE.includes(letter) && !arrow) depth -= 1;
    if (letter === "<" && !angle) angles += 1;
    if (letter === ">" && !arrow) angles -= 1;
    if (letter.trim() !== "") before = letter;
  }
  return text.length;
}

/** The lines between a declaration's braces that stand at its first level, one for each member. */
function members(text: string, start: number): string[] {
  const end = text.indexOf("\n}", start);
  const body = text.slice(start, end < 0 ? start : end);
  const found: string[] = [];
  for (const match of body.matchAll(
    /^ {2}(?! |\}|\)|(?:static )?(?:readonly )?#|private |\/)\S/gm,
  )) {
    const from = match.index + 2;
    const signature = oneLine(body.slice(from, endOfSignature(body, from)));
    if (signature !== "") found.push(`  ${signature}`);
  }
  return found;
}

/**
 * The declaration of `name` in a module's source as the lines of an interface listing: its signature, and the public
 * members of classes and interfaces below it. Overloads are listed one after the other.
 */
export function declarationOf(source: string, name: string): string[] {
  const text = withoutComments(source);
  const lines: string[] = [];
  const pattern = new RegExp(
    String.raw`^export (?:declare )?((?:abstract )?(?:async )?(?:function\*?|class|const|let|interface|type) ${name}\b)`,
    "gm",
  );
  for (const match of text.matchAll(pattern)) {
    const start = match.index + match[0].length - (match[1] ?? "").length;
    const kind = /^(?:abstract |async )*(\w+)/.exec(match[1] ?? "")?.[1];
    if (kind === "type") {
      const equals = text.indexOf("=", start);
      const end = endOfSignature(text, equals + 1);
      lines.push(oneLine(text.slice(start, Math.min(end, text.indexOf(";\n", equals)))));
      continue;
    }
    const end = endOfSignature(text, start);
    lines.push(oneLine(text.slice(start, end)));
    if (kind === "class" || kind === "interface") lines.push(...members(text, end));
  }
  return lines;
}
