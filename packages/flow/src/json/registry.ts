import { fromBinary, type DescMessage, type Message } from "@bufbuild/protobuf";
import type { Any } from "@bufbuild/protobuf/wkt";

import { FlowCountersSchema } from "../proto/extension.gen.ts";

/** The messages that `extensions` may carry, by type name. */
export const EXTENSIONS: ReadonlyMap<string, DescMessage> = new Map([
  [FlowCountersSchema.typeName, FlowCountersSchema],
]);

/** The message inside `any` with its description; undefined where the type is unknown or the bytes are damaged. */
export function unpackExtension(
  any: Any,
): { readonly desc: DescMessage; readonly value: Message } | undefined {
  const desc = EXTENSIONS.get(any.typeUrl.slice(any.typeUrl.lastIndexOf("/") + 1));
  if (desc === undefined) return undefined;
  try {
    return { desc, value: fromBinary(desc, any.value) };
  } catch {
    return undefined;
  }
}
