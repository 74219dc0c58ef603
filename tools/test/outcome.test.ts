import assert from "node:assert/strict";
import { test } from "node:test";

import { encodeEvent, eventDecoder, type TestEvent } from "./outcome.ts";

const outcome: TestEvent = {
  kind: "outcome",
  file: "a.test.ts",
  name: "größer → äöü 😀",
  status: "failed",
  detail: "line one\nline two\u001E",
  durationMs: 1.5,
};

test("encodeEvent() writes one ASCII line that eventDecoder() reads back", () => {
  const line = encodeEvent(outcome);
  assert.equal(line.charCodeAt(0), 0x1e);
  assert.match(line.slice(1), /^[ -~]+\n$/);
  const events: TestEvent[] = [];
  eventDecoder((event) => events.push(event))(line);
  assert.deepEqual(events, [outcome]);
});

test("eventDecoder() puts chunks together and passes over what else is on a console", () => {
  const events: TestEvent[] = [];
  const decode = eventDecoder((event) => events.push(event));
  const text = `\u001Bc\r\nbooting\r\nnoise${encodeEvent({ kind: "boot", release: "6.1" })}{"kind":"done"}\n\u001E{broken\n${encodeEvent(outcome)}`;
  for (const character of text.replaceAll("\n", "\r\n")) decode(character);
  assert.deepEqual(events, [{ kind: "boot", release: "6.1" }, outcome]);
});
