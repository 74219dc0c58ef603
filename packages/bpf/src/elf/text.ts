interface Encoding {
  readonly TextDecoder: new () => { decode(bytes: Uint8Array): string };
  readonly TextEncoder: new () => { encode(text: string): Uint8Array };
}

// They are globals of Node and of every browser, and not of the language that this package is checked against.
const { TextDecoder, TextEncoder } = globalThis as unknown as Encoding;
const decoder = new TextDecoder();
const encoder = new TextEncoder();

/** UTF-8 bytes as text; what is not UTF-8 becomes U+FFFD. */
export function decodeText(bytes: Uint8Array): string {
  // TextDecoder costs about 200 ns a call; most names are short and plain ASCII.
  if (bytes.length > 48) return decoder.decode(bytes);
  let text = "";
  for (const byte of bytes) {
    if (byte >= 0x80) return decoder.decode(bytes);
    text += String.fromCharCode(byte);
  }
  return text;
}

/** Text as UTF-8 bytes, without a NUL at its end. */
export function encodeText(text: string): Uint8Array {
  return encoder.encode(text);
}
