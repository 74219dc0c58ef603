import { PT_REGS } from "./registers.ts";
import type { UsdtArgument, UsdtMachine } from "./usdt-arguments.ts";

/** How many arguments libbpf's headers can hold. */
const MOST_ARGUMENTS = 12;

interface SpecLayout {
  readonly argumentSize: number;
  /** Where the base register's place in pt_regs is, then one byte for the sign and one for the shift. */
  readonly registerOffset: number;
  readonly signedOffset: number;
}

// By the size of a whole description.
//   208  libbpf before 1.7:  0 u64 constant or offset, 8 u32 kind, 12 i16 register, 14 u8 signed, 15 u8 shift
//   304  libbpf 1.7:         0 u64 constant or offset, 8 u8 kind, 10 u16 index register in bits 0-11 and log2 of the
//                            scale in bits 12-15, 14 i16 register, 16 u8 signed, 17 u8 shift, padded to 24
// Twelve of them, then u64 cookie, i16 number of arguments, padded to 8. Kinds: 0 constant, 1 register, 2 memory at a
// register, 3 memory at register + index * scale, which the older one does not have.
const LAYOUTS: Readonly<Record<number, SpecLayout>> = {
  208: { argumentSize: 16, registerOffset: 12, signedOffset: 14 },
  304: { argumentSize: 24, registerOffset: 14, signedOffset: 16 },
};

/**
 * Encodes a probe's arguments as programs read them that were written with libbpf's `bpf/usdt.bpf.h`, whose layout the
 * size of the map's values tells. `undefined` when that layout cannot hold them: more than twelve, indexed memory
 * before libbpf 1.7, or a size that no known version has.
 */
export function encodeUsdtSpec(
  parsed: readonly UsdtArgument[],
  cookie: bigint,
  machine: UsdtMachine,
  sizeBytes: number,
): Uint8Array | undefined {
  const layout = LAYOUTS[sizeBytes];
  if (layout === undefined || parsed.length > MOST_ARGUMENTS) return undefined;
  if (sizeBytes === 208 && parsed.some(({ kind }) => kind === "indexed")) return undefined;
  const bytes = new Uint8Array(sizeBytes);
  const view = new DataView(bytes.buffer);
  const place = (register: string): number => PT_REGS[machine].get(register) ?? 0;
  parsed.forEach((argument, number) => {
    const at = number * layout.argumentSize;
    if (argument.kind === "constant") view.setBigInt64(at, argument.value, true);
    else view.setInt16(at + layout.registerOffset, place(argument.register), true);
    if (argument.kind === "memory" || argument.kind === "indexed")
      view.setBigInt64(at, argument.offset, true);
    if (argument.kind === "indexed")
      view.setUint16(at + 10, place(argument.index) | (Math.log2(argument.scale) << 12), true);
    view.setUint8(at + 8, KINDS[argument.kind]);
    view.setUint8(at + layout.signedOffset, argument.signed ? 1 : 0);
    view.setUint8(at + layout.signedOffset + 1, 64 - 8 * argument.size);
  });
  const end = MOST_ARGUMENTS * layout.argumentSize;
  view.setBigUint64(end, BigInt.asUintN(64, cookie), true);
  view.setInt16(end + 8, parsed.length, true);
  return bytes;
}

const KINDS = { constant: 0, register: 1, memory: 2, indexed: 3 } as const;
