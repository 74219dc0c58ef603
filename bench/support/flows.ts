import { readFileSync } from "node:fs";
import { join } from "node:path";

import { toBinary } from "@bufbuild/protobuf";
import { FlowSchema, readExportLine, type Flow } from "@ocelli/flow";

/** The flows of the package's fixture. */
export function fixtureFlows(): Flow[] {
  const path = join(import.meta.dirname, "../../packages/flow/fixtures/flows.ndjson");
  return readFileSync(path, "utf8")
    .trim()
    .split("\n")
    .flatMap((line) => {
      const read = readExportLine(line);
      return read.ok && read.value.responseTypes.case === "flow"
        ? [read.value.responseTypes.value]
        : [];
    });
}

/** The same as bytes. */
export function encodedFlows(): Uint8Array[] {
  return fixtureFlows().map((flow) => toBinary(FlowSchema, flow));
}
