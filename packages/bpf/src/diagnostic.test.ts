import assert from "node:assert/strict";
import { test } from "node:test";

import { errorAt, formatDiagnostic } from "./diagnostic.ts";

test("formatDiagnostic() names code, place, reason and remedy", () => {
  const diagnostic = errorAt(
    "elf-truncated",
    { offset: 12, length: 4, section: ".text" },
    "Cannot read section 3: it ends at byte 900 of 512",
    "Build the object again",
  );
  assert.equal(
    formatDiagnostic(diagnostic),
    'error[elf-truncated] at byte 12 of section ".text": Cannot read section 3: it ends at byte 900 of 512. Build the object again',
  );
});
