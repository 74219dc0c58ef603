import assert from "node:assert/strict";
import { test } from "node:test";

import { createMemoryProvider, type MemoryEvent } from "./memory-provider.ts";

const provider = createMemoryProvider(["openat", "execve"]);

function event(fields: MemoryEvent["fields"]): MemoryEvent {
  return { type: 1, source: "syscall", number: 1, timeNs: 5n, fields };
}

test("createMemoryProvider() names its kinds of events", () => {
  assert.deepEqual(provider.eventTypes, [0, 1]);
  assert.deepEqual([provider.nameOfType(1), provider.nameOfType(2)], ["execve", undefined]);
  assert.deepEqual([provider.typesOfName("execve"), provider.typesOfName("open")], [[1], []]);
});

test("resolve() reads a field as it is written, with its argument", () => {
  const read = (name: string, argument?: string): unknown =>
    provider.resolve(name, argument)?.read(
      event({
        "proc.name": "sh",
        "proc.aname[2]": "init",
        "evt.arg.flags": "O_RDONLY",
      }),
    );
  assert.deepEqual(
    [
      read("proc.name"),
      read("proc.aname", "2"),
      read("evt.arg", "flags"),
      read("fd.name"),
      read("no.field"),
    ],
    ["sh", "init", "O_RDONLY", undefined, undefined],
  );
});

test("resolve() gives both ends of a socket and all ancestors as candidates", () => {
  const of = (name: string): unknown => {
    const candidates = provider.resolve(name, undefined)?.candidates;
    const sample = event({ "fd.port": [80, 4000], "proc.aname": "sh" });
    return [candidates?.read(sample), candidates?.exists(sample), candidates?.unequal];
  };
  assert.deepEqual(of("fd.port"), [[80, 4000], true, "every"]);
  assert.deepEqual(of("proc.aname"), [["sh"], true, "any"]);
  assert.deepEqual(of("proc.apid"), [undefined, false, "any"]);
  assert.deepEqual(of("proc.name"), [undefined, undefined, undefined]);
});
