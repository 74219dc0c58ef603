import {
  findBadPath,
  timeFormatNamed,
  type HubbleVersion,
  type OutputFormat,
  type TimeFormat,
} from "@ocelli/flow";

import { UsageError } from "../exit.ts";
import { readSwitch, type ObserveArguments } from "./flags.ts";

/** The flags that are no filters, read and checked. */
export interface ObserveSettings {
  readonly output: OutputFormat;
  readonly timeFormat: TimeFormat;
  readonly nodeName: boolean;
  readonly policyNames: boolean;
  readonly ipTranslation: boolean;
  readonly colour: "auto" | "always" | "never";
  readonly debug: boolean;
  readonly silent: boolean;
  readonly version: HubbleVersion;
  readonly fieldMask: readonly string[];
  readonly inputFile: string | undefined;
  readonly printRawFilters: boolean;
}

// What the lines of the other formats need (defaults.FieldMask of both versions).
const MASK_119 =
  "time verdict ethernet IP l4 source.identity source.namespace source.pod_name destination.identity destination.namespace destination.pod_name Type node_name l7 event_type source_service destination_service is_reply Summary ip_trace_id".split(
    " ",
  );
const MASK_121 = [
  ...MASK_119,
  "traffic_direction",
  "policy_match_type",
  "ingress_allowed_by",
  "ingress_denied_by",
  "egress_allowed_by",
  "egress_denied_by",
];

/** Reads the settings. Throws UsageError with hubble's text. */
export function readSettings({ values }: ObserveArguments): ObserveSettings {
  const last = (name: string): string | undefined => values.get(name)?.at(-1);
  const isOn = (name: string, otherwise = false): boolean => {
    const text = last(name);
    return text === undefined ? otherwise : readSwitch(`--${name}`, text);
  };
  const output = readOutput(isOn("json") ? "json" : (last("output") ?? "compact"));
  if (output === "table" && isOn("follow")) {
    throw new UsageError("table output format is not compatible with follow mode");
  }
  const colour = (last("color") ?? "auto").toLowerCase();
  if (colour !== "auto" && colour !== "always" && colour !== "never") {
    throw new UsageError(`Invalid value "${colour}" for --color: write auto, always or never`);
  }
  const version = readVersion(last("hubble-version"));
  const custom = (values.get("field-mask") ?? []).flatMap((list) => list.split(","));
  if (output !== "json" && custom.length > 0) {
    throw new UsageError(`${output} output format is not compatible with custom field mask`);
  }
  const bad = findBadPath(custom);
  if (bad !== undefined) {
    throw new UsageError(
      `failed to construct field mask: invalid path "${bad}" for message "flow.Flow"`,
    );
  }
  const standard = version === "1.19" ? MASK_119 : MASK_121;
  const useDefault = output !== "json" && isOn("use-default-field-masks", true);
  return {
    output,
    timeFormat: timeFormatNamed(last("time-format") ?? "StampMilli"),
    nodeName: isOn("print-node-name"),
    policyNames: isOn("print-policy-names"),
    ipTranslation: isOn("ip-translation", true) && !isOn("numeric"),
    colour,
    debug: isOn("debug"),
    silent: isOn("silent-errors"),
    version,
    fieldMask: useDefault ? standard : custom,
    inputFile: last("input-file"),
    printRawFilters: isOn("print-raw-filters"),
  };
}

function readOutput(text: string): OutputFormat {
  switch (text) {
    case "compact":
    case "dict":
    case "table":
      return text;
    case "json":
    case "JSON":
    case "jsonpb":
      return "json";
    case "tab":
      return "table";
    default:
      throw new UsageError(`invalid output format: ${text}`);
  }
}

function readVersion(text = "1.21"): HubbleVersion {
  if (/^1\.19(?:\.|$)/.test(text)) return "1.19";
  if (/^1\.2[0-9]/.test(text)) return "1.21";
  throw new UsageError(`Invalid value "${text}" for --hubble-version: write 1.19 or 1.21`);
}
