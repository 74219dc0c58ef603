// The types of a pure package know no host; browsers and Node have this one.
declare const TextEncoder: new () => { encode(text: string): Uint8Array };

const encoder = new TextEncoder();

/** The text as UTF-8. */
export function encodeText(text: string): Uint8Array {
  return encoder.encode(text);
}
