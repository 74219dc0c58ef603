import { BTF_LAYOUTS, kindNumberOf, vlenOf } from "../btf/format.ts";

const HEADER_SIZE = 24;

/** The bytes at which the types of BTF start, as far as they are whole. */
export function typeOffsets(view: DataView, little: boolean): number[] {
  if (view.byteLength < HEADER_SIZE) return [];
  const headerSize = Math.max(view.getUint32(4, little), HEADER_SIZE);
  const start = headerSize + view.getUint32(8, little);
  const end = start + view.getUint32(12, little);
  const offsets: number[] = [];
  for (let at = start; at + 12 <= end && at + 12 <= view.byteLength;) {
    offsets.push(at);
    const info = view.getUint32(at + 4, little);
    const layout = BTF_LAYOUTS[kindNumberOf(info)];
    if (layout === undefined) break;
    at += 12 + layout.once + layout.each * vlenOf(info);
  }
  return offsets;
}
