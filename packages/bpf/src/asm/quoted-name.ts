const PLAIN = /^[A-Za-z_.$][\w.$]*$/;

/** A quoted name as the patterns over tokens know it. */
export const QUOTED = '"(?:[^"\\\\\\n]|\\\\u[\\da-f]{4})*"';

/** Whether a name can stand in assembly text as it is. */
export function isPlainName(name: string): boolean {
  return PLAIN.test(name);
}

/**
 * A name in quotes, for those that no C compiler would make, e.g. of other languages: `"core\u003a\u003afmt"`. Whatever means
 * something in assembly text is written by its UTF-16 number.
 */
export function quoteName(name: string): string {
  const escaped = name.replaceAll(
    /[^\w.$@+-]/g,
    (unit) =>
      // Without the flag u the expression goes through UTF-16 units.
      String.raw`\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
  return `"${escaped}"`;
}

/** The name that a token stands for, quoted or not. */
export function nameOfToken(token: string): string {
  if (!token.startsWith('"')) return token;
  return token
    .slice(1, -1)
    .replaceAll(/\\u([\da-f]{4})/g, (_all, digits: string) =>
      String.fromCharCode(Number.parseInt(digits, 16)),
    );
}
