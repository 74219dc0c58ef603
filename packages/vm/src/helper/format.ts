/** An argument of a format: 64 bits, and how to read a text at an address. */
export interface FormatSource {
  readonly values: readonly bigint[];
  readonly text: (address: bigint, space: "kernel" | "user") => Uint8Array;
  readonly bytes: (address: bigint, size: number) => Uint8Array;
}

/**
 * What `bpf_trace_printk()`, `bpf_snprintf()` and their kin make of a format: `undefined` for one that they refuse
 * (kernel/bpf/helpers.c, bpf_bprintf_prepare(): -EINVAL). Pointers are printed as they are: there is nothing to hide here.
 */
export function formatText(format: Uint8Array, source: FormatSource): Uint8Array | undefined {
  const out: number[] = [];
  let taken = 0;
  const add = (text: string): void => {
    for (let at = 0; at < text.length; at++) out.push(text.charCodeAt(at));
  };
  for (let at = 0; at < format.length; at++) {
    const code = format[at] ?? 0;
    const printable = (code >= 0x20 && code < 0x7f) || (code >= 9 && code <= 13);
    if (!printable) return undefined;
    if (code !== 0x25) {
      out.push(code);
      continue;
    }
    const rest = String.fromCharCode(...format.subarray(at + 1, at + 24));
    if (rest.startsWith("%")) {
      out.push(code);
      at += 1;
      continue;
    }
    const match = SPECIFIER.exec(rest);
    if (match === null || taken >= source.values.length) return undefined;
    const { flags = "", width = "", length = "", kind = "" } = match.groups ?? {};
    const text = convert(source, source.values[taken] ?? 0n, length, kind);
    if (text === undefined) return undefined;
    taken += 1;
    add(pad(text, flags, Math.min(Number(width), MOST_WIDTH), NUMERIC.has(kind)));
    at += match[0].length;
  }
  return Uint8Array.from(out);
}

/** Wider fields would only cost time: texts are cut to less. */
const MOST_WIDTH = 0xffff;

const NUMERIC: ReadonlySet<string> = new Set(["d", "i", "u", "x", "X"]);
const SPECIFIER =
  /^(?<flags>[0 +-]*)(?<width>\d*)(?:(?<length>l{0,2})(?<kind>[diuxXcs])|(?<kind>p(?:[iI][46]|[ku]s|[KxsSB]?(?![0-9A-Za-z]))))/;

function convert(
  source: FormatSource,
  value: bigint,
  length: string,
  kind: string,
): string | undefined {
  const latin = (bytes: Uint8Array): string => String.fromCharCode(...bytes);
  const signed = BigInt.asIntN(length === "" ? 32 : 64, value);
  const unsigned = BigInt.asUintN(length === "" ? 32 : 64, value);
  if (length !== "" && (kind === "c" || kind === "s")) return undefined;
  switch (kind) {
    case "d":
    case "i":
      return String(signed);
    case "u":
      return String(unsigned);
    case "x":
      return unsigned.toString(16);
    case "X":
      return unsigned.toString(16).toUpperCase();
    case "c":
      return String.fromCharCode(Number(value & 0xffn));
    case "s":
    case "pks":
      return latin(source.text(value, "kernel"));
    case "pus":
      return latin(source.text(value, "user"));
    case "pi4":
    case "pI4": {
      const parts = [...source.bytes(value, 4)];
      return parts.map((byte) => (kind === "pi4" ? String(byte).padStart(3, "0") : byte)).join(".");
    }
    case "pi6":
    case "pI6": {
      const digits = [...source.bytes(value, 16)].map((byte) => byte.toString(16).padStart(2, "0"));
      const groups = digits.join("").match(/.{4}/g) ?? [];
      return groups.join(kind === "pi6" ? "" : ":");
    }
    default:
      return BigInt.asUintN(64, value).toString(16).padStart(16, "0");
  }
}

function pad(text: string, flags: string, width: number, isNumber: boolean): string {
  const sign =
    isNumber && !text.startsWith("-")
      ? flags.includes("+")
        ? "+"
        : flags.includes(" ")
          ? " "
          : ""
      : "";
  const whole = sign + text;
  if (flags.includes("-")) return whole.padEnd(width);
  if (!flags.includes("0") || !isNumber) return whole.padStart(width);
  const head = /^[+ -]?/.exec(whole)?.[0] ?? "";
  return head + whole.slice(head.length).padStart(width - head.length, "0");
}
