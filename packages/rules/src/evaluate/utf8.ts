// Both are part of every JavaScript host; their types come with the DOM or Node, neither of which is known here.
declare const TextEncoder: new () => { encode: (text: string) => Uint8Array };
declare const TextDecoder: new () => { decode: (bytes: Uint8Array) => string };

const ENCODER = new TextEncoder();
const DECODER = new TextDecoder();

/** The bytes of a text in UTF-8. */
export function toUtf8(text: string): Uint8Array {
  return ENCODER.encode(text);
}

/** The text that bytes mean in UTF-8; U+FFFD for what is none. */
export function fromUtf8(bytes: Uint8Array): string {
  return DECODER.decode(bytes);
}
