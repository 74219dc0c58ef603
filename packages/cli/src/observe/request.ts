import { create, fromJson, type JsonValue } from "@bufbuild/protobuf";
import {
  FlowFilterSchema,
  GetFlowsRequestSchema,
  parseGoDuration,
  parseTimestamp,
  timestamp,
  type FlowFilter,
  type GetFlowsRequest,
} from "@ocelli/flow";

import { UsageError } from "../exit.ts";
import { readFilterFlags } from "./filter-flags.ts";
import { readSwitch, type ObserveArguments } from "./flags.ts";
import type { ObserveSettings } from "./settings.ts";

const ALL = 0xffff_ffff_ffff_ffffn;
const DEFAULT_COUNT = 20n;

/** The part that the three requests share. */
export interface Selection {
  readonly number: bigint;
  readonly first: boolean;
  readonly follow: boolean;
  readonly since: ReturnType<typeof timestamp> | undefined;
  readonly until: ReturnType<typeof timestamp> | undefined;
}

/** Reads `--last`, `--first`, `--all`, `--since`, `--until`, `--follow`. Throws UsageError with hubble's text. */
export function readSelection(
  { values }: ObserveArguments,
  nowMs: number,
  fromFile: boolean,
): Selection {
  const last = (name: string): string | undefined => values.get(name)?.at(-1);
  const isOn = (name: string): boolean => readSwitch(`--${name}`, last(name) ?? "false");
  const firstCount = readCount("first", last("first"));
  const lastCount = readCount("last", last("last"));
  const follow = isOn("follow");
  const all = isOn("all");
  const first = firstCount > 0n;
  if (first && lastCount > 0n) throw new UsageError("cannot set both --first and --last");
  if (first && all) throw new UsageError("cannot set both --first and --all");
  if (first && follow) throw new UsageError("cannot set both --first and --follow");
  if (lastCount > 0n && all) throw new UsageError("cannot set both --last and --all");
  const since = readTime("since", last("since"), nowMs);
  const until = follow ? undefined : readTime("until", last("until"), nowMs);
  let number = first ? firstCount : lastCount;
  if (since === undefined && until === undefined && !first) {
    if (all) number = ALL;
    else if (number === 0n && !follow && !fromFile) number = DEFAULT_COUNT;
  }
  return { number, first, follow, since, until };
}

/** The GetFlows request of a command line. Throws UsageError. */
export function buildRequest(
  args: ObserveArguments,
  settings: ObserveSettings,
  nowMs: number,
): GetFlowsRequest {
  const { number, first, follow, since, until } = readSelection(
    args,
    nowMs,
    settings.inputFile !== undefined,
  );
  const { allow, deny } = readFilterFlags(args.filters);
  const request = create(GetFlowsRequestSchema, {
    number,
    first,
    follow,
    whitelist: [...allow, ...readRawFilters("allowlist", args)],
    blacklist: [...deny, ...readRawFilters("denylist", args)],
  });
  if (since !== undefined) request.since = since;
  if (until !== undefined) request.until = until;
  if (settings.fieldMask.length > 0) {
    request.fieldMask = { $typeName: "google.protobuf.FieldMask", paths: [...settings.fieldMask] };
  }
  return request;
}

function readCount(name: string, text: string | undefined): bigint {
  if (text === undefined) return 0n;
  if (/^[0-9]{1,20}$/.test(text) && BigInt(text) <= ALL) return BigInt(text);
  throw new UsageError(`Invalid value "${text}" for --${name}: write a number of flows`);
}

function readTime(
  name: string,
  text: string | undefined,
  nowMs: number,
): ReturnType<typeof timestamp> | undefined {
  if (text === undefined || text === "") return undefined;
  const back = parseGoDuration(text);
  if (back !== undefined) {
    const ns = BigInt(Math.round(nowMs)) * 1_000_000n - back;
    const seconds = ns / 1_000_000_000n - (ns % 1_000_000_000n < 0n ? 1n : 0n);
    return timestamp({ seconds, nanos: Number(ns - seconds * 1_000_000_000n) });
  }
  const time = parseTimestamp(text);
  if (time === undefined) {
    throw new UsageError(
      `failed to parse the ${name} time: failed to convert ${text} to time: write 5m or 2026-01-02T03:04:05Z`,
    );
  }
  return timestamp(time);
}

/** The filters in JSON behind `--allowlist` and `--denylist`: one or more objects in a text. */
function readRawFilters(
  name: "allowlist" | "denylist",
  { values }: ObserveArguments,
): FlowFilter[] {
  return (values.get(name) ?? []).flatMap((text) =>
    splitObjects(text).map((part) => {
      try {
        return fromJson(FlowFilterSchema, JSON.parse(part) as JsonValue);
      } catch (error) {
        const reason = error instanceof Error ? error.message : String(error);
        throw new UsageError(`invalid --${name} flag: failed to decode '${text}': ${reason}`);
      }
    }),
  );
}

/** Cuts JSON objects that follow one another apart. */
function splitObjects(text: string): string[] {
  const parts: string[] = [];
  let start = 0;
  let depth = 0;
  for (const { 0: token, index } of text.matchAll(/"(?:[^"\\]|\\.)*"|[{}]/gs)) {
    if (token === "{") depth += 1;
    else if (token === "}") {
      depth -= 1;
      if (depth === 0) {
        parts.push(text.slice(start, index + 1));
        start = index + 1;
      }
    }
  }
  const rest = text.slice(start).trim();
  return rest === "" ? parts : [...parts, rest];
}
