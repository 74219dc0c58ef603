import assert from "node:assert/strict";
import test from "node:test";

import { scapBlockType, SECTION_HEADER } from "./block-kind.ts";

test("scapBlockType() tells kind, version, flags and size of lengths", () => {
  assert.deepEqual(scapBlockType(SECTION_HEADER), {
    kind: "section",
    version: 1,
    flags: false,
    large: false,
  });
  assert.deepEqual(scapBlockType(0x222), { kind: "event", version: 2, flags: true, large: true });
  assert.deepEqual(scapBlockType(0x215), {
    kind: "processes",
    version: 9,
    flags: false,
    large: false,
  });
  assert.equal(scapBlockType(0x223), undefined);
});
