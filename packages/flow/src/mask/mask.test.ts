import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";

import { readExportLine } from "../json/read.ts";
import { writeJson } from "../json/write.ts";
import { FlowSchema, type Flow } from "../proto/flow.gen.ts";
import { compileMask } from "./mask.ts";

const flows = readFileSync(join(import.meta.dirname, "../../fixtures/flows.ndjson"), "utf8")
  .trim()
  .split("\n")
  .flatMap((line): Flow[] => {
    const read = readExportLine(line);
    return read.ok && read.value.responseTypes.case === "flow"
      ? [read.value.responseTypes.value]
      : [];
  });

function masked(...paths: string[]): string[] {
  const mask = compileMask(paths);
  assert.ok(mask.ok);
  const copy = mask.start?.();
  assert.ok(copy);
  return flows.map((flow) => writeJson(FlowSchema, copy(flow)));
}

test("compileMask() copies the fields of a mask, with empty parents where there was nothing", () => {
  assert.deepEqual(masked("verdict", "destination_service.name", "source.workloads").slice(6, 10), [
    '{"verdict":"FORWARDED","source":{"workloads":[{"name":"cart","kind":"Deployment"}]},"destination_service":{}}',
    '{"verdict":"FORWARDED","source":{"workloads":[{"name":"cart","kind":"Deployment"}]},"destination_service":{"name":"db"}}',
    '{"verdict":"FORWARDED","source":{"workloads":[{"name":"db","kind":"Deployment"}]},"destination_service":{}}',
    '{"verdict":"FORWARDED","source":{},"destination_service":{}}',
  ]);
  assert.deepEqual(
    masked("IP", "IP.source")[0],
    '{"IP":{"source":"10.1.0.1","destination":"10.1.0.2","ipVersion":"IPv4"}}',
  );
});

test("compileMask() shows in a oneof what the stream's last flow with that member showed", () => {
  assert.deepEqual(masked("l4.UDP.source_port").slice(0, 7), [
    '{"l4":{"UDP":{}}}',
    '{"l4":{"UDP":{}}}',
    '{"l4":{"UDP":{}}}',
    '{"l4":{"UDP":{"source_port":50003}}}',
    '{"l4":{"UDP":{"source_port":50004}}}',
    '{"l4":{"UDP":{"source_port":53}}}',
    '{"l4":{"UDP":{"source_port":53}}}',
  ]);
  // Another stream begins without a memory.
  assert.equal(masked("l4.UDP.source_port")[0], '{"l4":{"UDP":{}}}');
});

test("compileMask() refuses paths that name no field", () => {
  for (const path of ["nope", "source.nope", "source_names.x", "", "time.", "SOURCE"]) {
    assert.deepEqual(compileMask([path]), { ok: false, error: "invalid fieldmask" });
  }
  assert.deepEqual(compileMask([]), { ok: true, start: undefined });
});
