// The Huffman code of HPACK (RFC 7541, appendix B). It is canonical: of codes of equal length the smaller symbol has the
// smaller code, so the lengths say everything.
// prettier-ignore
const LENGTHS: readonly number[] = [
  13, 23, 28, 28, 28, 28, 28, 28, 28, 24, 30, 28, 28, 30, 28, 28, 28, 28, 28, 28, 28, 28, 30, 28, 28, 28, 28, 28, 28, 28, 28, 28,
  6, 10, 10, 12, 13, 6, 8, 11, 10, 10, 8, 11, 8, 6, 6, 6, 5, 5, 5, 6, 6, 6, 6, 6, 6, 6, 7, 8, 15, 6, 12, 10,
  13, 6, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 8, 7, 8, 13, 19, 13, 14, 6,
  15, 5, 6, 5, 6, 5, 6, 6, 6, 5, 7, 7, 6, 6, 6, 5, 6, 7, 6, 5, 5, 6, 7, 7, 7, 7, 7, 15, 11, 14, 13, 28,
  20, 22, 20, 20, 22, 22, 22, 23, 22, 23, 23, 23, 23, 23, 24, 23, 24, 24, 22, 23, 24, 23, 23, 23, 23, 21, 22, 23, 22, 23, 23, 24,
  22, 21, 20, 22, 22, 23, 23, 21, 23, 22, 22, 24, 21, 22, 23, 23, 21, 21, 22, 21, 23, 22, 23, 23, 20, 22, 22, 22, 23, 22, 22, 23,
  26, 26, 20, 19, 22, 23, 22, 25, 26, 26, 26, 27, 27, 26, 24, 25, 19, 21, 26, 27, 27, 26, 27, 24, 21, 21, 26, 26, 28, 27, 27, 27,
  20, 24, 20, 21, 22, 21, 21, 23, 22, 22, 25, 25, 24, 24, 26, 23, 26, 27, 26, 26, 27, 27, 27, 27, 27, 28, 27, 27, 27, 27, 27, 26,
  30,
];
const END = 256;

// A tree in one array: two entries a node, for the bits 0 and 1. A positive entry is the next node, a negative one is a
// symbol, -1 - symbol; 0 is no code.
let tree: Int16Array | undefined;

function buildTree(): Int16Array {
  const nodes = new Int16Array(2 * 300);
  let used = 1;
  const symbols = LENGTHS.map((length, symbol) => ({ length, symbol })).toSorted(
    (left, right) => left.length - right.length || left.symbol - right.symbol,
  );
  let code = 0;
  let previous = symbols[0]?.length ?? 0;
  for (const { length, symbol } of symbols) {
    code *= 2 ** (length - previous);
    previous = length;
    let node = 0;
    for (let bit = length - 1; bit >= 0; bit -= 1) {
      const slot = node * 2 + (Math.floor(code / 2 ** bit) % 2);
      if (bit === 0) nodes[slot] = -1 - symbol;
      else {
        if (nodes[slot] === 0) {
          nodes[slot] = used;
          used += 1;
        }
        node = nodes[slot] ?? 0;
      }
    }
    code += 1;
  }
  return nodes;
}

/** The text behind Huffman-coded bytes, one character a byte; undefined where the code is wrong (RFC 7541, 5.2). */
export function decodeHuffman(bytes: Uint8Array): string | undefined {
  tree ??= buildTree();
  let text = "";
  let node = 0;
  // Padding is the beginning of the code for the end: ones, fewer than eight.
  let pendingBits = 0;
  let pendingOnes = true;
  for (const byte of bytes) {
    for (let bit = 7; bit >= 0; bit -= 1) {
      const one = (byte >> bit) & 1;
      pendingBits += 1;
      if (one === 0) pendingOnes = false;
      const next = tree[node * 2 + one] ?? 0;
      if (next === 0) return undefined;
      if (next > 0) {
        node = next;
        continue;
      }
      const symbol = -1 - next;
      if (symbol === END) return undefined;
      text += String.fromCharCode(symbol);
      node = 0;
      pendingBits = 0;
      pendingOnes = true;
    }
  }
  return pendingBits < 8 && pendingOnes ? text : undefined;
}
