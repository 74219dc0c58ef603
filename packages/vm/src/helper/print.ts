import { ERRNO } from "../map/map.ts";
import type { VmSystem } from "../system/system.ts";
import { latin1 } from "../text.ts";
import { checkReadable, checkWritable, helperTable, wideArgument } from "./define.ts";
import { formatText, type FormatSource } from "./format.ts";
import type { HelperTable } from "./helper.ts";
import { readUpToZero } from "./probe.ts";

/** MAX_BPRINTF_BUF of include/linux/bpf.h: what a text is cut to. */
const MOST_TEXT = 1024;
/** MAX_BPRINTF_VARARGS. */
const MOST_VALUES = 12;

/** Helpers that make texts. */
export function printHelpers(system: VmSystem): HelperTable {
  const { memory } = system;
  const sourceOf = (values: readonly bigint[]): FormatSource => ({
    values,
    text: (address, space) => readUpToZero(system, address, 512, space) ?? new Uint8Array(),
    bytes: (address, size) => system.read(address, size, "kernel") ?? new Uint8Array(size),
  });
  /** Up to the zero at its end; `undefined` when it has none. */
  const formatAt = (place: number, size: number): Uint8Array | undefined => {
    checkReadable(memory, "a format", place, size);
    const whole = memory.bytes.subarray(place >>> 0, (place >>> 0) + size);
    const end = whole.indexOf(0);
    return end === -1 ? undefined : whole.slice(0, end);
  };
  const valuesAt = (place: number, size: number): bigint[] | undefined => {
    if (size % 8 !== 0 || size > MOST_VALUES * 8 || (size > 0 && place === 0)) return undefined;
    if (size > 0) checkReadable(memory, "values", place, size);
    return Array.from({ length: size / 8 }, (_, index) =>
      memory.view.getBigUint64((place >>> 0) + index * 8, true),
    );
  };
  const printed = (text: Uint8Array): number => {
    const cut = text.subarray(0, MOST_TEXT - 1);
    system.print(latin1(cut));
    return text.length;
  };
  return helperTable({
    trace_printk: {
      result: "int",
      wide: true,
      call: (_, place, size, ...given) => {
        const format = formatAt(place, size >>> 0);
        const values = given.map((low, index) => wideArgument(memory, index + 2, low));
        const text = format === undefined ? undefined : formatText(format, sourceOf(values));
        return text === undefined ? -ERRNO.EINVAL : printed(text);
      },
    },
    trace_vprintk: {
      result: "int",
      call: (_, place, size, data, length) => {
        const values = valuesAt(data, length >>> 0);
        const format = formatAt(place, size >>> 0);
        const text =
          values === undefined || format === undefined
            ? undefined
            : formatText(format, sourceOf(values));
        return text === undefined ? -ERRNO.EINVAL : printed(text);
      },
    },
    snprintf: {
      result: "int",
      call: (_, place, size, format, data, length) => {
        const room = size >>> 0;
        if (room > 0) checkWritable(memory, "a text", place, room);
        const values = valuesAt(data, length >>> 0);
        const end = memory.bytes.indexOf(0, format >>> 0);
        if (values === undefined || end === -1) return -ERRNO.EINVAL;
        const shape = formatAt(format, end - (format >>> 0) + 1);
        const text = shape === undefined ? undefined : formatText(shape, sourceOf(values));
        if (text === undefined) return -ERRNO.EINVAL;
        if (room > 0) {
          const cut = text.subarray(0, room - 1);
          memory.bytes.set(cut, place >>> 0);
          memory.bytes[(place >>> 0) + cut.length] = 0;
        }
        return text.length + 1;
      },
    },
  });
}
