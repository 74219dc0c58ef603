import { create } from "@bufbuild/protobuf";
import { TimestampSchema, type Timestamp } from "@bufbuild/protobuf/wkt";

import type { TimeParts } from "../time/go-time.ts";

/** Parts of a time as a protobuf message. */
export function timestamp({ seconds, nanos }: TimeParts): Timestamp {
  return create(TimestampSchema, { seconds, nanos });
}
