import { parseGoDuration, formatTimestamp, parseTimestamp } from "../time/go-time.ts";
import { toDuration, toInt, toTimestamp, toUint } from "./arithmetic.ts";
import { CelRuntimeError } from "./problem.ts";
import { decodeUtf8, encodeUtf8 } from "./utf8.ts";
import { CelDuration, CelTimestamp, Uint, type CelValue } from "./values.ts";

/** `int(value)` */
export function convertToInt(value: CelValue): CelValue {
  if (typeof value === "bigint") return value;
  if (value instanceof Uint) return toInt(value.value);
  if (typeof value === "number") return toInt(truncated(value));
  if (value instanceof CelTimestamp) return floorDivide(value.ns, 1_000_000_000n);
  if (value instanceof CelDuration) return value.ns;
  if (typeof value === "string" && /^[+-]?[0-9]{1,20}$/.test(value))
    return toInt(BigInt(value.replace(/^\+/, "")));
  throw new CelRuntimeError("type conversion error");
}

/** `uint(value)` */
export function convertToUint(value: CelValue): CelValue {
  if (value instanceof Uint) return value;
  if (typeof value === "bigint") return toUint(value);
  if (typeof value === "number") return toUint(truncated(value));
  if (typeof value === "string" && /^[0-9]{1,20}$/.test(value)) return toUint(BigInt(value));
  throw new CelRuntimeError("type conversion error");
}

/** `double(value)` */
export function convertToDouble(value: CelValue): CelValue {
  if (typeof value === "number") return value;
  if (typeof value === "bigint") return Number(value);
  if (value instanceof Uint) return Number(value.value);
  if (typeof value === "string" && value.trim() === value && value !== "") {
    const number = Number(value);
    if (!Number.isNaN(number) || value === "NaN") return number;
  }
  throw new CelRuntimeError("type conversion error");
}

/** `string(value)` */
export function convertToString(value: CelValue): CelValue {
  if (typeof value === "string") return value;
  if (typeof value === "bigint" || typeof value === "boolean") return String(value);
  if (typeof value === "number") return String(value);
  if (value instanceof Uint) return String(value.value);
  if (value instanceof CelTimestamp) {
    const seconds = floorDivide(value.ns, 1_000_000_000n);
    const nanos = Number(value.ns - seconds * 1_000_000_000n);
    return formatTimestamp({ seconds, nanos }, "RFC3339Nano");
  }
  if (value instanceof CelDuration) {
    const sign = value.ns < 0n ? "-" : "";
    const ns = value.ns < 0n ? -value.ns : value.ns;
    const fraction = String(ns % 1_000_000_000n)
      .padStart(9, "0")
      .replace(/0+$/, "");
    return `${sign}${ns / 1_000_000_000n}${fraction === "" ? "" : `.${fraction}`}s`;
  }
  if (value instanceof Uint8Array) {
    const text = decodeUtf8(value);
    if (text !== undefined) return text;
  }
  throw new CelRuntimeError("type conversion error");
}

/** `bytes(value)` */
export function convertToBytes(value: CelValue): CelValue {
  if (value instanceof Uint8Array) return value;
  if (typeof value === "string") return encodeUtf8(value);
  throw new CelRuntimeError("type conversion error");
}

/** `bool(value)` */
export function convertToBool(value: CelValue): CelValue {
  if (typeof value === "boolean") return value;
  if (typeof value === "string") {
    if (["1", "t", "T", "true", "TRUE", "True"].includes(value)) return true;
    if (["0", "f", "F", "false", "FALSE", "False"].includes(value)) return false;
  }
  throw new CelRuntimeError("type conversion error");
}

/** `timestamp(value)` */
export function convertToTimestamp(value: CelValue): CelValue {
  if (value instanceof CelTimestamp) return value;
  if (typeof value === "bigint") return toTimestamp(value * 1_000_000_000n);
  if (typeof value === "string") {
    const time = parseTimestamp(value);
    if (time !== undefined) return toTimestamp(time.seconds * 1_000_000_000n + BigInt(time.nanos));
  }
  throw new CelRuntimeError("type conversion error");
}

/** `duration(value)` */
export function convertToDuration(value: CelValue): CelValue {
  if (value instanceof CelDuration) return value;
  if (typeof value === "bigint") return toDuration(value);
  if (typeof value === "string") {
    const ns = parseGoDuration(value);
    if (ns !== undefined) return toDuration(ns);
  }
  throw new CelRuntimeError("type conversion error");
}

function truncated(value: number): bigint {
  if (!Number.isFinite(value)) throw new CelRuntimeError("integer overflow");
  return BigInt(Math.trunc(value));
}

function floorDivide(value: bigint, by: bigint): bigint {
  const quotient = value / by;
  return value % by < 0n ? quotient - 1n : quotient;
}
