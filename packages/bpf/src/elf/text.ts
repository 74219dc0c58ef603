interface Encoding {
  readonly TextDecoder: new () => { decode(bytes: Uint8Array): string };
}

// It is a global of Node and of every browser, and not of the language that this package is checked against.
const { TextDecoder } = globalThis as unknown as Encoding;
const decoder = new TextDecoder();

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
