import type { KconfigSpec } from "@ocelli/bpf";

import { VmError } from "../error.ts";
import { utf8 } from "../text.ts";

/**
 * A kernel's configuration: `CONFIG_X` to `y`, `m`, `n`, a number or a quoted text, as the lines of `/boot/config-*` have them;
 * `LINUX_KERNEL_VERSION` and its kin in the same way, as numbers.
 */
export type VmConfiguration = ReadonlyMap<string, string>;

const TRISTATE: ReadonlyMap<string, bigint> = new Map([
  ["n", 0n],
  ["y", 1n],
  ["m", 2n],
]);

/** Writes the values of an object's `.kconfig` externs into `data`. Throws `argument` for what is absent and not weak, or does not fit. */
export function fillConfiguration(
  externs: ReadonlyMap<string, KconfigSpec>,
  data: Uint8Array,
  configuration: VmConfiguration,
): void {
  for (const extern of externs.values()) {
    const value = configuration.get(extern.name);
    if (value !== undefined) writeValue(extern, data, value);
    else if (!extern.weak)
      throw refuse(
        extern,
        "the configuration does not have it; give it as an option, or declare it __weak to make it 0 then",
      );
  }
}

function writeValue(extern: KconfigSpec, data: Uint8Array, value: string): void {
  const { kind, offset, size } = extern;
  const text = /^"(.*)"$/.exec(value)?.[1];
  if (kind === "char-array" && text !== undefined) {
    // The last byte stays 0, also when the text is too long.
    data.set(utf8(text).subarray(0, size - 1), offset);
    return;
  }
  const state = TRISTATE.get(value);
  if (state !== undefined && kind === "char") data[offset] = value.charCodeAt(0);
  else if (state !== undefined && (kind === "tristate" || (kind === "bool" && value !== "m")))
    writeNumber(extern, data, state);
  else if (/^-?(?:0x[0-9a-f]+|\d+)$/i.test(value) && (kind === "int" || kind === "char")) {
    const magnitude = BigInt(value.replace(/^-/, ""));
    writeNumber(extern, data, value.startsWith("-") ? -magnitude : magnitude);
  } else throw refuse(extern, `${value} is no value of type ${kind}`);
}

function writeNumber(extern: KconfigSpec, data: Uint8Array, value: bigint): void {
  const { offset, size, signed } = extern;
  const bits = size * 8;
  if ((signed ? BigInt.asIntN(bits, value) : BigInt.asUintN(bits, value)) !== value)
    throw refuse(extern, `${value} does not fit into ${size} bytes`);
  let rest = BigInt.asUintN(bits, value);
  for (let at = 0; at < size; at += 1) {
    data[offset + at] = Number(rest & 0xffn);
    rest >>= 8n;
  }
}

function refuse({ name }: KconfigSpec, reason: string): VmError {
  return new VmError("argument", `Cannot fill in "${name}": ${reason}`);
}
