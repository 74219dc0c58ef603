import assert from "node:assert/strict";
import test from "node:test";

import { createCaptureProvider, ScapReader, ScapWriter, type ScapEvent } from "@ocelli/capture";

import { closeFile, events, machine, openFile, smallCapture, writeFile } from "./small-capture.ts";

const provider = createCaptureProvider();
const FIELDS =
  "proc.name proc.exe proc.args proc.pname fd.name fd.num container.id user.name evt.type evt.buffer"
    .split(" ")
    .map((name) => ({ name, read: provider.resolve(name, undefined)?.read }));

function play(bytes: Uint8Array, piece = bytes.length) {
  const seen: Record<string, unknown>[] = [];
  const reader = new ScapReader((event) => {
    // What fields give of the capture's bytes is gone with the event.
    const copied = (value: unknown): unknown =>
      value instanceof Uint8Array ? Buffer.from(value).toString() : value;
    seen.push(Object.fromEntries(FIELDS.map(({ name, read }) => [name, copied(read?.(event))])));
  });
  for (let at = 0; at < bytes.length; at += piece) reader.push(bytes.subarray(at, at + piece));
  reader.end();
  return { seen, reader };
}

const codes = (reader: ScapReader): string[] => reader.diagnostics.map(({ code }) => code);

test("what the writer wrote reads back", () => {
  const { seen, reader } = play(smallCapture());
  assert.deepEqual(reader.diagnostics, []);
  assert.deepEqual(seen[1], {
    "proc.name": "bash",
    "proc.exe": "bash",
    "proc.args": "-i λ",
    "proc.pname": "systemd",
    "fd.name": "/etc/passwd",
    "fd.num": 3,
    "container.id": "3ad7b26ded6d",
    "user.name": "root",
    "evt.type": "write",
    "evt.buffer": "hello",
  });
  const { state } = reader;
  assert.deepEqual(state.machine, machine);
  const shell = state.threads.find(501);
  assert.equal(shell?.findFd(5)?.name, "10.0.0.1:40000->10.0.0.2:443");
  assert.equal(shell?.findFd(6)?.name, ":::8080");
});

test("a capture reads the same in pieces of any size", () => {
  const bytes = smallCapture();
  const whole = play(bytes).seen;
  for (const piece of [1, 3, 7, 64, 1000]) assert.deepEqual(play(bytes, piece).seen, whole);
});

for (let version = 1; version <= 9; version++)
  test(`version ${version} of the process list reads`, () => {
    const { seen, reader } = play(smallCapture({ processes: version }));
    assert.deepEqual(reader.diagnostics, []);
    assert.equal(seen[0]?.["proc.args"], "-i λ");
    assert.equal(seen[0]["container.id"], version >= 4 ? "3ad7b26ded6d" : "host");
  });

test("version 1 of the other lists and of events reads", () => {
  const { seen, reader } = play(smallCapture({ others: 1, events: 1 }));
  assert.deepEqual(reader.diagnostics, []);
  assert.deepEqual(seen, play(smallCapture()).seen);
});

test("events with flags and of more than 64 KiB read", () => {
  const large = new Uint8Array(100_000).fill(65);
  const written: ScapEvent[] = [openFile("/a"), writeFile(large), closeFile()];
  const flagged = written.map((event) => ({ ...event, flags: 1 }));
  for (const list of [written, flagged]) {
    const { seen, reader } = play(smallCapture({}, list));
    assert.deepEqual(reader.diagnostics, []);
    assert.deepEqual(seen[1]?.["evt.buffer"], "A".repeat(100_000));
  }
});

test("a second section begins with its own state", () => {
  const { seen, reader } = play(Buffer.concat([smallCapture(), smallCapture()]));
  assert.equal(reader.counts.sections, 2);
  assert.deepEqual(seen.slice(3), seen.slice(0, 3));
  const bare = new ScapWriter().event(closeFile()).take();
  assert.equal(play(Buffer.concat([smallCapture(), bare])).seen[3]?.["proc.name"], "<NA>");
});

test("a capture that is cut off reads up to the break, and says so", () => {
  const bytes = smallCapture();
  const { seen, reader } = play(bytes.subarray(0, -5));
  assert.equal(seen.length, events.length - 1);
  assert.deepEqual(codes(reader), ["scap-truncated"]);
});

test("what is no capture is told from a damaged one", () => {
  assert.deepEqual(codes(play(new Uint8Array(0)).reader), ["scap-empty"]);
  assert.deepEqual(codes(play(Buffer.from("not a capture")).reader), ["scap-format"]);
  assert.deepEqual(codes(play(Uint8Array.of(0x1f, 0x8b, 8, 0, 0, 0, 0, 0)).reader), [
    "scap-format",
  ]);
  const broken = smallCapture();
  new DataView(broken.buffer).setUint32(4, 3, true);
  assert.deepEqual(codes(play(broken).reader), ["scap-damaged"]);
});

test("the writer refuses versions that captures do not have", () => {
  assert.throws(() => new ScapWriter().processes([], 10), /version 10/);
  assert.throws(() => new ScapWriter().event(closeFile(), 3), /version 3/);
});
