// What is used of the Encoding standard. Declared by hand, as no library of types that has it belongs in a package that runs
// in Node and in a browser.
interface Encoding {
  readonly TextEncoder: new () => { readonly encode: (text: string) => Uint8Array };
}

const { TextEncoder } = globalThis as unknown as Encoding;
const encoder = new TextEncoder();

/** The bytes of a text, UTF-8. */
export function utf8(text: string): Uint8Array {
  return encoder.encode(text);
}

/** A character a byte: what a program printed is not always UTF-8. */
export function latin1(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => String.fromCharCode(byte)).join("");
}
