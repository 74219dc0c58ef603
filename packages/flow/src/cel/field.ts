import type { DescField, DescMessage, Message } from "@bufbuild/protobuf";
import { ScalarType } from "@bufbuild/protobuf";
import type { Timestamp } from "@bufbuild/protobuf/wkt";

import { CEL, type CelType } from "./types.ts";
import { CelTimestamp, MessageValue, Uint, type CelValue } from "./values.ts";

/** A field of a message as the language sees it. */
export interface CelField {
  readonly type: CelType;
  /** The value, or the default of a field that is not set. */
  readonly read: (message: Message | undefined) => CelValue;
  /** Whether it is set: what `has()` asks. */
  readonly isSet: (message: Message | undefined) => boolean;
}

/** The field of that proto name, or undefined. */
export function celField(desc: DescMessage, name: string): CelField | undefined {
  const field = desc.fields.find((one) => one.name === name);
  if (field === undefined) return undefined;
  const raw = rawReader(field);
  const { type, wrap, empty } = describe(field);
  return {
    type,
    read: (message) => {
      const value = message === undefined ? undefined : raw(message);
      return value === undefined ? empty : wrap(value);
    },
    isSet: (message) => {
      const value = message === undefined ? undefined : raw(message);
      if (value === undefined) return false;
      if (Array.isArray(value)) return value.length > 0;
      if (field.oneof !== undefined || field.fieldKind === "message") return true;
      return value !== 0 && value !== 0n && value !== "" && value !== false;
    },
  };
}

/** The value as the generated classes keep it; members of a oneof sit under its name. */
function rawReader(field: DescField): (message: Message) => unknown {
  const { localName, oneof } = field;
  // Generated messages are plain objects whose keys are the local names.
  if (oneof === undefined) {
    return (message) => (message as unknown as Record<string, unknown>)[localName];
  }
  return (message) => {
    const chosen = (message as unknown as Record<string, unknown>)[oneof.localName] as {
      readonly case: string | undefined;
      readonly value?: unknown;
    };
    return chosen.case === localName ? chosen.value : undefined;
  };
}

interface Description {
  readonly type: CelType;
  readonly wrap: (value: unknown) => CelValue;
  readonly empty: CelValue;
}

function describe(field: DescField): Description {
  switch (field.fieldKind) {
    case "scalar":
      return describeScalar(field.scalar);
    case "enum":
      return { type: CEL.int, wrap: (value) => BigInt(value as number), empty: 0n };
    case "message":
      return describeMessage(field.message);
    case "list": {
      const item =
        field.listKind === "scalar"
          ? describeScalar(field.scalar)
          : field.listKind === "enum"
            ? { type: CEL.int, wrap: (value: unknown): CelValue => BigInt(value as number) }
            : describeMessage(field.message);
      return {
        type: { kind: "list", item: item.type },
        wrap: (value) => (value as unknown[]).map((one) => item.wrap(one)),
        empty: [],
      };
    }
    case "map":
      return { type: CEL.dyn, wrap: () => null, empty: null };
  }
}

function describeScalar(scalar: ScalarType): Description {
  switch (scalar) {
    case ScalarType.BOOL:
      return { type: CEL.bool, wrap: (value) => value as boolean, empty: false };
    case ScalarType.STRING:
      return { type: CEL.string, wrap: (value) => value as string, empty: "" };
    case ScalarType.BYTES:
      return { type: CEL.bytes, wrap: (value) => value as Uint8Array, empty: new Uint8Array() };
    case ScalarType.DOUBLE:
    case ScalarType.FLOAT:
      return { type: CEL.double, wrap: (value) => value as number, empty: 0 };
    case ScalarType.UINT32:
    case ScalarType.UINT64:
    case ScalarType.FIXED32:
    case ScalarType.FIXED64:
      return {
        type: CEL.uint,
        wrap: (value) => new Uint(BigInt(value as number | bigint)),
        empty: new Uint(0n),
      };
    case ScalarType.INT32:
    case ScalarType.INT64:
    case ScalarType.SINT32:
    case ScalarType.SINT64:
    case ScalarType.SFIXED32:
    case ScalarType.SFIXED64:
      return { type: CEL.int, wrap: (value) => BigInt(value as number | bigint), empty: 0n };
  }
}

const WRAPPED: ReadonlyMap<string, ScalarType> = new Map([
  ["google.protobuf.BoolValue", ScalarType.BOOL],
  ["google.protobuf.StringValue", ScalarType.STRING],
  ["google.protobuf.BytesValue", ScalarType.BYTES],
  ["google.protobuf.DoubleValue", ScalarType.DOUBLE],
  ["google.protobuf.FloatValue", ScalarType.FLOAT],
  ["google.protobuf.Int32Value", ScalarType.INT32],
  ["google.protobuf.Int64Value", ScalarType.INT64],
  ["google.protobuf.UInt32Value", ScalarType.UINT32],
  ["google.protobuf.UInt64Value", ScalarType.UINT64],
]);

function describeMessage(desc: DescMessage): Description {
  const { typeName } = desc;
  const scalar = WRAPPED.get(typeName);
  if (scalar !== undefined) {
    // The generated classes keep the bare value.
    const { type, wrap } = describeScalar(scalar);
    return { type: { kind: "wrapper", item: type }, wrap, empty: null };
  }
  if (typeName === "google.protobuf.Timestamp") {
    return {
      type: CEL.timestamp,
      wrap: (value) => {
        const { seconds, nanos } = value as Timestamp;
        return new CelTimestamp(seconds * 1_000_000_000n + BigInt(nanos));
      },
      empty: new CelTimestamp(0n),
    };
  }
  const type: CelType = typeName === "google.protobuf.Any" ? CEL.any : { kind: "message", desc };
  return {
    type,
    wrap: (value) => new MessageValue(desc, value as Message),
    empty: typeName === "google.protobuf.Any" ? null : new MessageValue(desc, undefined),
  };
}
