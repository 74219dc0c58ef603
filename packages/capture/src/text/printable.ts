const UNPRINTABLE = /[\p{Cc}\p{Noncharacter_Code_Point}]/u;
const EACH_UNPRINTABLE = /[\p{Cc}\p{Noncharacter_Code_Point}]/gu;

/** Whether a text has only characters that print: no controls and no code points that stand for none. */
export function isPrintable(text: string): boolean {
  return !UNPRINTABLE.test(text);
}

/** A text with U+FFFD in place of what does not print, as outputs show texts of events. */
export function printable(text: string): string {
  return isPrintable(text) ? text : text.replaceAll(EACH_UNPRINTABLE, "\ufffd");
}
