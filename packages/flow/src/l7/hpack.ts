// Header compression of HTTP/2 (RFC 7541), the decoder: it follows the table that the sender keeps.
import { latin1 } from "./chunks.ts";
import type { HttpField } from "./http1.ts";
import { decodeHuffman } from "./huffman.ts";

/** A decoder of one direction of a connection. */
export interface HpackDecoder {
  /** The fields of a block; undefined when it is damaged: then nothing later can be decoded. */
  readonly decode: (block: Uint8Array) => HttpField[] | undefined;
  /** The receiver's SETTINGS_HEADER_TABLE_SIZE, which bounds what the sender may use. */
  readonly limit: (size: number) => void;
}

// RFC 7541, appendix A.
const STATIC: readonly HttpField[] =
  ":authority|:method=GET|:method=POST|:path=/|:path=/index.html|:scheme=http|:scheme=https|:status=200|:status=204|:status=206|:status=304|:status=400|:status=404|:status=500|accept-charset|accept-encoding=gzip, deflate|accept-language|accept-ranges|accept|access-control-allow-origin|age|allow|authorization|cache-control|content-disposition|content-encoding|content-language|content-length|content-location|content-range|content-type|cookie|date|etag|expect|expires|from|host|if-match|if-modified-since|if-none-match|if-range|if-unmodified-since|last-modified|link|location|max-forwards|proxy-authenticate|proxy-authorization|range|referer|refresh|retry-after|server|set-cookie|strict-transport-security|transfer-encoding|user-agent|vary|via|www-authenticate"
    .split("|")
    .map((entry) => {
      const equals = entry.indexOf("=");
      return equals < 0
        ? { name: entry, value: "" }
        : { name: entry.slice(0, equals), value: entry.slice(equals + 1) };
    });
// What an entry costs beside its characters (RFC 7541, 4.1).
const OVERHEAD = 32;
const LARGEST_TABLE = 65_536;
const MOST_FIELDS = 1024;

/** A decoder with an empty table of 4096 bytes. */
export function createHpackDecoder(): HpackDecoder {
  const table: HttpField[] = [];
  let size = 0;
  let capacity = 4096;
  let largest = 4096;

  const evict = (): void => {
    while (size > capacity) {
      const entry = table.pop();
      if (entry === undefined) return;
      size -= entry.name.length + entry.value.length + OVERHEAD;
    }
  };
  const add = (field: HttpField): void => {
    table.unshift(field);
    size += field.name.length + field.value.length + OVERHEAD;
    evict();
  };
  const lookUp = (index: number): HttpField | undefined =>
    index <= STATIC.length ? STATIC[index - 1] : table[index - STATIC.length - 1];

  const decode = (block: Uint8Array): HttpField[] | undefined => {
    const fields: HttpField[] = [];
    const reader = { bytes: block, at: 0 };
    while (reader.at < block.length) {
      const first = block[reader.at] ?? 0;
      if ((first & 0x80) !== 0) {
        const index = readInteger(reader, 7);
        const field = index === undefined || index === 0 ? undefined : lookUp(index);
        if (field === undefined) return undefined;
        fields.push(field);
      } else if ((first & 0xe0) === 0x20) {
        const wanted = readInteger(reader, 5);
        if (wanted === undefined || wanted > largest) return undefined;
        capacity = wanted;
        evict();
      } else {
        const indexed = (first & 0x40) !== 0;
        const index = readInteger(reader, indexed ? 6 : 4);
        if (index === undefined) return undefined;
        const name = index === 0 ? readText(reader) : lookUp(index)?.name;
        const value = readText(reader);
        if (name === undefined || value === undefined) return undefined;
        const field = { name, value };
        fields.push(field);
        if (indexed) add(field);
      }
      if (fields.length > MOST_FIELDS) return undefined;
    }
    return fields;
  };
  return {
    decode,
    limit: (limit) => {
      largest = Math.min(limit, LARGEST_TABLE);
      if (capacity > largest) {
        capacity = largest;
        evict();
      }
    },
  };
}

interface Reader {
  readonly bytes: Uint8Array;
  at: number;
}

/** An integer whose first bits are the low `bits` of a byte (RFC 7541, 5.1). */
function readInteger(reader: Reader, bits: number): number | undefined {
  const mask = (1 << bits) - 1;
  let value = (reader.bytes[reader.at++] ?? 0) & mask;
  if (value < mask) return value;
  for (let shift = 0; shift <= 21; shift += 7) {
    const byte = reader.bytes[reader.at++];
    if (byte === undefined) return undefined;
    value += (byte & 0x7f) * 2 ** shift;
    if ((byte & 0x80) === 0) return value;
  }
  return undefined;
}

function readText(reader: Reader): string | undefined {
  const huffman = ((reader.bytes[reader.at] ?? 0) & 0x80) !== 0;
  if (reader.at >= reader.bytes.length) return undefined;
  const length = readInteger(reader, 7);
  if (length === undefined || reader.at + length > reader.bytes.length) return undefined;
  const bytes = reader.bytes.subarray(reader.at, reader.at + length);
  reader.at += length;
  return huffman ? decodeHuffman(bytes) : latin1(bytes);
}
