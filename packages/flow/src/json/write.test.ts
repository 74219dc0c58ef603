import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";

import { create, equals, toBinary } from "@bufbuild/protobuf";

import { FlowCountersSchema } from "../proto/extension.gen.ts";
import { FlowSchema, type Flow } from "../proto/flow.gen.ts";
import { ExportEventSchema } from "../proto/observer.gen.ts";
import { readExportLine } from "./read.ts";
import { writeJson } from "./write.ts";

const lines = readFileSync(join(import.meta.dirname, "../../fixtures/flows.ndjson"), "utf8")
  .trim()
  .split("\n");

test("writeJson() and readExportLine() are each other's inverse", () => {
  for (const line of lines) {
    const first = readExportLine(line);
    assert.ok(first.ok);
    const second = readExportLine(writeJson(ExportEventSchema, first.value));
    assert.ok(second.ok);
    assert.ok(equals(ExportEventSchema, first.value, second.value));
  }
});

test("writeJson() writes extensions: ours with their fields, others as bytes", () => {
  const counters = create(FlowCountersSchema, { bytesSent: 12n, rttUs: 7, process: "nginx" });
  const value = toBinary(FlowCountersSchema, counters);
  const typeUrl = "type.googleapis.com/ocelli.flow.v1.FlowCounters";
  const shown = (url: string, bytes: Uint8Array): string =>
    writeJson(FlowSchema, create(FlowSchema, { extensions: { typeUrl: url, value: bytes } }));
  assert.deepEqual(
    [
      shown(typeUrl, value),
      shown("x/other", Uint8Array.of(1, 2)),
      shown(typeUrl, new Uint8Array()),
    ],
    [
      `{"extensions":{"@type":"${typeUrl}","bytes_sent":"12","rtt_us":7,"process":"nginx"}}`,
      '{"extensions":{"@type":"x/other","value":"AQI="}}',
      `{"extensions":{"@type":"${typeUrl}"}}`,
    ],
  );
  const read = readExportLine(`{"flow":${shown(typeUrl, value)}}`);
  assert.ok(read.ok && read.value.responseTypes.case === "flow");
  const flow: Flow = read.value.responseTypes.value;
  assert.deepEqual(flow.extensions?.value, value);
});

test("writeJson() writes numbers of unknown enum values, times in 0, 3, 6 and 9 digits", () => {
  const at = (nanos: number): string =>
    writeJson(FlowSchema, create(FlowSchema, { time: { seconds: 1n, nanos } }));
  assert.deepEqual(
    [
      writeJson(FlowSchema, create(FlowSchema, { verdict: 99 as never })),
      at(0),
      at(500_000_000),
      at(1000),
      at(1),
    ],
    [
      '{"verdict":99}',
      '{"time":"1970-01-01T00:00:01Z"}',
      '{"time":"1970-01-01T00:00:01.500Z"}',
      '{"time":"1970-01-01T00:00:01.000001Z"}',
      '{"time":"1970-01-01T00:00:01.000000001Z"}',
    ],
  );
});

test("readExportLine() takes a bare flow and fields of newer versions, and says what is wrong with the rest", () => {
  const bare = readExportLine(
    '{"verdict":"DROPPED","node_name":"n","time":"2026-01-02T03:04:05Z","new_field":1}',
  );
  assert.ok(bare.ok && bare.value.responseTypes.case === "flow");
  assert.deepEqual(
    [bare.value.responseTypes.value.verdict, bare.value.nodeName, bare.value.time?.seconds],
    [2, "n", 1_767_323_045n],
  );
  for (const line of ["", "[]", "1", "null", '{"flow":1}', '{"flow":{"verdict":[]}}', "{"]) {
    const read = readExportLine(line);
    assert.equal(read.ok, false, line);
  }
});
