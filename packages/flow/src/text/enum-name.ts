import type { DescEnum } from "@bufbuild/protobuf";

/** The name of an enum's number, or the number where it has none. */
export function enumName(desc: DescEnum, value: number): string {
  return desc.value[value]?.name ?? String(value);
}
