import { ERRNO } from "../map/map.ts";
import type { VmMemory } from "../memory/memory.ts";
import { checkReadable, checkWritable, helperTable, highArgument } from "./define.ts";
import type { HelperTable } from "./helper.ts";

/** BPF_MAX_LOOPS of include/linux/bpf.h. */
const MOST_LOOPS = 8 << 20;

/** Helpers that need nothing of a system: `bpf_loop()` and texts. */
export function plainHelpers(memory: VmMemory): HelperTable {
  const { bytes } = memory;
  return helperTable({
    loop: {
      result: "int",
      wide: true,
      call: ({ invoke }, count, callback, argument, flags) => {
        if (flags !== 0 || highArgument(memory, 3) !== 0) return -ERRNO.EINVAL;
        if (count >>> 0 > MOST_LOOPS) return -ERRNO.E2BIG;
        for (let index = 0; index < count; index++)
          if (invoke(callback, index, argument, 0, 0) !== 0) return index + 1;
        return count;
      },
    },
    strncmp: {
      result: "int",
      call: (_, one, size, other) => {
        checkReadable(memory, "a text", one, size >>> 0);
        for (let at = 0; at < size >>> 0; at++) {
          checkReadable(memory, "a text", other, at + 1);
          const a = bytes[(one >>> 0) + at] ?? 0;
          const b = bytes[(other >>> 0) + at] ?? 0;
          if (a !== b) return a < b ? -1 : 1;
          if (a === 0) return 0;
        }
        return 0;
      },
    },
    strtol: { result: "int", wide: true, call: (_, ...given) => parseNumber(memory, given, true) },
    strtoul: {
      result: "int",
      wide: true,
      call: (_, ...given) => parseNumber(memory, given, false),
    },
  });
}

type Arguments = readonly [text: number, size: number, flags: number, result: number, e: number];

const BASES: ReadonlySet<number> = new Set([0, 8, 10, 16]);

// kernel/bpf/helpers.c, __bpf_strtoull(): blanks, a sign, a number in the base that the flags give or its prefix says.
function parseNumber(memory: VmMemory, given: Arguments, isSigned: boolean): number {
  const [at, size, base, result] = given;
  checkReadable(memory, "a text", at, size >>> 0);
  checkWritable(memory, "a number", result, 8);
  memory.view.setBigInt64(result >>> 0, 0n, true);
  if (size === 0 || !BASES.has(base) || highArgument(memory, 2) !== 0) return -ERRNO.EINVAL;
  const text = String.fromCharCode(
    ...memory.bytes.subarray(at >>> 0, (at >>> 0) + Math.min(size >>> 0, 64)),
  );
  const head = /^[ \t\n\v\f\r]*(-?)/.exec(text);
  const sign = head?.[1] ?? "";
  if (sign !== "" && !isSigned) return -ERRNO.EINVAL;
  const rest = text.slice(head?.[0].length ?? 0);
  const prefixed = /^0x[0-9a-f]/i.test(rest);
  const used = base !== 0 ? base : prefixed ? 16 : rest.startsWith("0") ? 8 : 10;
  // _parse_integer_fixup_radix(): a base that is given does not look what follows the prefix.
  const skipped = used === 16 && (prefixed || (base === 16 && /^0x/i.test(rest))) ? 2 : 0;
  const digits = (DIGITS.get(used) ?? /^/).exec(rest.slice(skipped))?.[0] ?? "";
  if (digits === "") return -ERRNO.EINVAL;
  let value = 0n;
  for (const digit of digits) value = value * BigInt(used) + BigInt(Number.parseInt(digit, 16));
  if (sign === "-") value = -value;
  const fits = isSigned ? BigInt.asIntN(64, value) === value : BigInt.asUintN(64, value) === value;
  if (!fits) return -ERRNO.ERANGE;
  memory.view.setBigInt64(result >>> 0, BigInt.asIntN(64, value), true);
  return (head?.[0].length ?? 0) + skipped + digits.length;
}

const DIGITS: ReadonlyMap<number, RegExp> = new Map([
  [8, /^[0-7]*/],
  [10, /^\d*/],
  [16, /^[\da-f]*/i],
]);
