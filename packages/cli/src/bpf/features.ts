import type { ProgramType } from "@ocelli/bpf";
import { openKernel, probeFeatures, probeHelpers, type ProbeAnswer } from "@ocelli/linux";

import type { CliContext } from "../context.ts";
import { toJson } from "../output/json.ts";

/** Flags of `ocelli bpf features`. */
export interface FeaturesFlags {
  readonly helpers: boolean;
  readonly json: boolean;
}

const TITLES = {
  programTypes: "Program types",
  mapTypes: "Map types",
  instructions: "Instructions",
  btf: "BTF kinds",
  linkTypes: "Links",
} as const;

/** `ocelli bpf features`. */
export function features(context: CliContext, flags: FeaturesFlags): Promise<void> {
  const kernel = openKernel();
  const probed = probeFeatures(kernel);
  const usable = [...probed.programTypes].filter(([, { answer }]) => answer === "yes");
  const helpers = flags.helpers
    ? usable.map(([type]) => [type, probeHelpers(kernel, type)] as const)
    : [];
  const { stdout } = context.process;
  if (flags.json) {
    const report: Record<string, object> = {};
    for (const key of Object.keys(TITLES) as (keyof typeof TITLES)[])
      report[key] = Object.fromEntries<ProbeAnswer>(probed[key]);
    if (flags.helpers)
      report["helpers"] = Object.fromEntries<readonly string[]>(helpers) satisfies Partial<
        Record<ProgramType, readonly string[]>
      >;
    stdout.write(`${toJson(report)}\n`);
    return Promise.resolve();
  }
  for (const [key, title] of Object.entries(TITLES)) {
    // The titles name every group of the answer.
    const answers: ReadonlyMap<string, ProbeAnswer> = probed[key as keyof typeof TITLES];
    stdout.write(`${describeGroup(title, answers).join("\n")}\n\n`);
  }
  for (const [type, names] of helpers)
    stdout.write(`Helpers of ${type}: ${names.length}\n  ${names.join(" ")}\n\n`);
  return Promise.resolve();
}

function describeGroup(title: string, answers: ReadonlyMap<string, ProbeAnswer>): string[] {
  const yes = [...answers].filter(([, { answer }]) => answer === "yes").map(([name]) => name);
  const others = [...answers].filter(([, { answer }]) => answer !== "yes");
  return [
    `${title}: ${yes.length} of ${answers.size}`,
    `  ${yes.join(" ")}`,
    ...others.map(([name, { answer, reason }]) => `  ${answer}: ${name} (${reason})`),
  ];
}
