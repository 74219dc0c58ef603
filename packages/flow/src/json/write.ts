// Protobuf's JSON as Go's hubble prints it: proto field names in the order of declaration, enum names, 64-bit integers as
// strings, wrappers as plain values, unset fields left out, `<`, `>` and `&` escaped as Go's encoder does.
import { ScalarType, type DescField, type DescMessage, type Message } from "@bufbuild/protobuf";
import { base64Encode } from "@bufbuild/protobuf/wire";
import type { Any, FieldMask, Timestamp } from "@bufbuild/protobuf/wkt";

import { unpackExtension } from "./registry.ts";

type Writer = (value: unknown) => string;

interface FieldWriter {
  readonly key: string;
  readonly read: (message: Record<string, unknown>) => unknown;
  readonly write: Writer;
}

// Writers of messages are made once for each description and found again by it.
const writers = new WeakMap<DescMessage, Writer>();

/** `message` as one line of JSON without a line end. */
export function writeJson(desc: DescMessage, message: Message): string {
  return messageWriter(desc)(message);
}

function messageWriter(desc: DescMessage): Writer {
  let writer = writers.get(desc);
  if (writer === undefined) {
    writer = wellKnown(desc.typeName) ?? plainWriter(desc);
    writers.set(desc, writer);
  }
  return writer;
}

function plainWriter(desc: DescMessage): Writer {
  let fields: readonly FieldWriter[] | undefined;
  return (value) => {
    // Made at first use: messages may hold themselves.
    fields ??= desc.fields.map((field) => fieldWriter(field));
    // Generated messages are plain objects.
    const message = value as Record<string, unknown>;
    let out = "";
    for (const { key, read, write } of fields) {
      const present = read(message);
      if (present === undefined) continue;
      out += out === "" ? key : `,${key}`;
      out += write(present);
    }
    return `{${out}}`;
  };
}

function fieldWriter(field: DescField): FieldWriter {
  const key = `${JSON.stringify(field.name)}:`;
  const { localName, oneof } = field;
  if (oneof !== undefined) {
    return {
      key,
      read: (message) => {
        // A oneof is kept as its case and its value.
        const { case: chosen, value } = message[oneof.localName] as {
          readonly case?: string;
          readonly value?: unknown;
        };
        return chosen === localName ? value : undefined;
      },
      write: valueWriter(field),
    };
  }
  const isUnset =
    field.fieldKind === "list"
      ? (value: unknown) => (value as readonly unknown[]).length === 0
      : (value: unknown) => value === 0 || value === 0n || value === "" || value === false;
  const isImplicit = field.fieldKind !== "message";
  return {
    key,
    read: (message) => {
      const value = message[localName];
      return value === undefined || (isImplicit && isUnset(value)) ? undefined : value;
    },
    write: valueWriter(field),
  };
}

function valueWriter(field: DescField): Writer {
  switch (field.fieldKind) {
    case "scalar":
      return scalarWriter(field.scalar);
    case "enum":
      return enumWriter(field);
    case "message":
      return (value) => messageWriter(field.message)(value);
    case "list": {
      const item: Writer =
        field.listKind === "scalar"
          ? scalarWriter(field.scalar)
          : field.listKind === "enum"
            ? enumWriter(field)
            : (value) => messageWriter(field.message)(value);
      return (value) => `[${(value as readonly unknown[]).map((one) => item(one)).join(",")}]`;
    }
    case "map":
      // No message of ours has a map.
      return () => "{}";
  }
}

function enumWriter(
  field: DescField & {
    readonly enum: {
      readonly values: readonly { readonly number: number; readonly name: string }[];
    };
  },
): Writer {
  const names = new Map(field.enum.values.map(({ number, name }) => [number, `"${name}"`]));
  return (value) => names.get(value as number) ?? String(value);
}

function scalarWriter(scalar: ScalarType): Writer {
  switch (scalar) {
    case ScalarType.STRING:
      return (value) => quoteJson(value as string);
    case ScalarType.BYTES:
      return (value) => `"${base64Encode(value as Uint8Array)}"`;
    case ScalarType.INT64:
    case ScalarType.UINT64:
    case ScalarType.SINT64:
    case ScalarType.FIXED64:
    case ScalarType.SFIXED64:
      return (value) => `"${String(value)}"`;
    case ScalarType.DOUBLE:
    case ScalarType.FLOAT:
      return (value) => (Number.isFinite(value) ? String(value) : `"${String(value)}"`);
    case ScalarType.BOOL:
    case ScalarType.INT32:
    case ScalarType.UINT32:
    case ScalarType.SINT32:
    case ScalarType.FIXED32:
    case ScalarType.SFIXED32:
      return (value) => String(value);
  }
}

function wellKnown(typeName: string): Writer | undefined {
  switch (typeName) {
    case "google.protobuf.Timestamp":
      return (value) => `"${timestampJson(value as Timestamp)}"`;
    case "google.protobuf.BoolValue":
    case "google.protobuf.Int32Value":
    case "google.protobuf.UInt32Value":
      // The generated classes keep the bare value.
      return (value) => String(value);
    case "google.protobuf.FieldMask":
      return (value) => quoteJson((value as FieldMask).paths.join(","));
    case "google.protobuf.Any":
      return (value) => anyJson(value as Any);
    default:
      return undefined;
  }
}

/** A time with 0, 3, 6 or 9 digits of a second, as protobuf's JSON has it. */
function timestampJson({ seconds, nanos }: Timestamp): string {
  const whole = new Date(Number(seconds) * 1000).toISOString().slice(0, 19);
  if (nanos === 0) return `${whole}Z`;
  const digits = String(nanos)
    .padStart(9, "0")
    .replace(/(?:000){1,2}$/, "");
  return `${whole}.${digits}Z`;
}

/** A known message with its fields; others as their bytes, so that nothing is lost. */
function anyJson(any: Any): string {
  const message = unpackExtension(any);
  const type = `"@type":${quoteJson(any.typeUrl)}`;
  if (message === undefined) return `{${type},"value":"${base64Encode(any.value)}"}`;
  const body = writeJson(message.desc, message.value);
  return body === "{}" ? `{${type}}` : `{${type},${body.slice(1)}`;
}

const ESCAPES: Readonly<Record<string, string>> = {
  "<": "\\u003c",
  ">": "\\u003e",
  "&": "\\u0026",
  "\u2028": "\\u2028",
  "\u2029": "\\u2029",
};

function quoteJson(text: string): string {
  const quoted = JSON.stringify(text);
  return /[<>&\u2028\u2029]/.test(quoted)
    ? quoted.replace(/[<>&\u2028\u2029]/g, (character) => ESCAPES[character] ?? character)
    : quoted;
}
