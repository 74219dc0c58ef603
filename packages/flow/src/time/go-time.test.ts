import assert from "node:assert/strict";
import { test } from "node:test";

import {
  formatTimestamp,
  parseGoDuration,
  parseTimestamp,
  TIME_FORMATS,
  timeFormatNamed,
} from "./go-time.ts";

test("formatTimestamp() writes Go's layouts in UTC", () => {
  const time = { seconds: 1_767_323_045n, nanos: 120_000_450 };
  assert.deepEqual(
    TIME_FORMATS.map((format) => formatTimestamp(time, format)),
    [
      "Jan  2 03:04:05.120",
      "2026-01-02",
      "2026-01-02T03Z",
      "2026-01-02T03:04Z",
      "2026-01-02T03:04:05Z",
      "2026-01-02T03:04:05.12Z",
      "2026-01-02T03:04:05.12Z",
      "2026-01-02T03:04:05.12000045Z",
      "Fri, 02 Jan 2026 03:04:05 +0000",
    ],
  );
  assert.deepEqual(
    [formatTimestamp(undefined, "RFC3339"), formatTimestamp({ seconds: 0n, nanos: -1 }, "RFC3339")],
    ["N/A", "N/A"],
  );
  assert.deepEqual(
    [timeFormatNamed("rfc3339NANO"), timeFormatNamed("what")],
    ["RFC3339Nano", "StampMilli"],
  );
});

test("parseTimestamp() reads times down to the day, in any zone", () => {
  const read = (text: string): string | undefined => {
    const time = parseTimestamp(text);
    return time && `${time.seconds}.${String(time.nanos).padStart(9, "0")}`;
  };
  assert.deepEqual(
    [
      "2026-01-02",
      "2026-01-02T03Z",
      "2026-01-02T03:04+01:00",
      "2026-01-02T03:04:05.5-00:30",
      "Fri, 02 Jan 2026 03:04:05 +0100",
      "2026-02-30",
      "2026-01-02T25:00Z",
      "2026-01-02 03:04",
    ].map((text) => read(text)),
    [
      "1767312000.000000000",
      "1767322800.000000000",
      "1767319440.000000000",
      "1767324845.500000000",
      "1767319445.000000000",
      undefined,
      undefined,
      undefined,
    ],
  );
});

test("parseGoDuration() reads Go's durations", () => {
  assert.deepEqual(
    ["1h30m", "-2.5s", "0", "100ms", "1.5us", "3", "", "1d", ".s", "99999999h", "+1m1s"].map(
      (text) => parseGoDuration(text),
    ),
    [
      5_400_000_000_000n,
      -2_500_000_000n,
      0n,
      100_000_000n,
      1500n,
      undefined,
      undefined,
      undefined,
      undefined,
      undefined,
      61_000_000_000n,
    ],
  );
});
