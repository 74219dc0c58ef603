import { createReadStream } from "node:fs";
import { createInterface } from "node:readline";

import {
  buildFilters,
  compareTimes,
  compileMask,
  readExportLine,
  type ExportEvent,
  type GetFlowsRequest,
} from "@ocelli/flow";

import { UsageError } from "../exit.ts";

const MOST_LAST = 1_000_000n;
const ALL = 0xffff_ffff_ffff_ffffn;

/**
 * Answers a request from an export, `-` for standard input: flows in the order of the file. As with `hubble
 * --input-file`, `--last` counts from the end, `--first` from the start; lines that are no flows are told to `warn` and
 * skipped. The mask is not applied: everything a line says is at hand. Throws FilterError.
 */
export async function* readFlowsFromFile(
  path: string,
  request: GetFlowsRequest,
  warn: (message: string) => void,
  customMask: readonly string[],
): AsyncGenerator<ExportEvent, void> {
  const { number, first, since, until } = request;
  const matches = buildFilters(request.whitelist, request.blacklist);
  const mask = compileMask(customMask);
  const copy = mask.ok ? mask.start?.() : undefined;
  const keepLast = !first && number !== 0n && number !== ALL;
  if (keepLast && number > MOST_LAST) {
    throw new UsageError(`--last must be <= 1_000_000, got ${number}`);
  }
  const kept: ExportEvent[] = [];
  let count = 0n;
  let lineNumber = 0;
  const stream = path === "-" ? process.stdin : createReadStream(path);
  const lines = createInterface({ input: stream, crlfDelay: Number.POSITIVE_INFINITY });
  // A stream's error does not reach readers of its lines.
  const failed = new Promise<never>((_, reject) => stream.once("error", reject));
  failed.catch(() => lines.close());
  try {
    for await (const line of lines) {
      lineNumber += 1;
      if (line.trim() === "") continue;
      const read = readExportLine(line);
      if (!read.ok) {
        warn(`line ${lineNumber} is no flow: ${read.error}`);
        continue;
      }
      const event = read.value;
      const { responseTypes, time } = event;
      const at = time ?? { seconds: 0n, nanos: 0 };
      if (since !== undefined && compareTimes(at, since) < 0) continue;
      if (until !== undefined && compareTimes(at, until) > 0) continue;
      if (responseTypes.case === "flow") {
        if (!matches(responseTypes.value)) continue;
        if (copy !== undefined) responseTypes.value = copy(responseTypes.value);
      } else if (responseTypes.case !== "lostEvents" && responseTypes.case !== "nodeStatus") {
        continue;
      }
      if (keepLast) {
        kept.push(event);
        // Cut now and then, so that a cut costs a constant per flow.
        if (kept.length > Number(number) * 2) kept.splice(0, kept.length - Number(number));
        continue;
      }
      yield event;
      count += 1n;
      if (first && count >= number) return;
    }
    if (stream.errored !== null) await failed;
    yield* kept.slice(-Number(number));
  } finally {
    lines.close();
    if (path !== "-") stream.destroy();
  }
}
