import { stringify } from "yaml";

import { CONFIG_KEYS, type Config } from "./config.ts";

/** A configuration as a file that reads back as the same: every key with its meaning and its value. */
export function formatConfig(config: Config): string {
  const lines: string[] = [];
  let section = "";
  for (const { path, doc } of CONFIG_KEYS) {
    const [group = "", name = ""] = path.split(".");
    if (group !== section) lines.push(...(section === "" ? [] : [""]), `${group}:`);
    section = group;
    lines.push(`  # ${doc}`);
    // Groups and names are those of the table, which the type follows.
    const value: unknown = Object.entries(config[group as keyof Config]).find(
      ([key]) => key === name,
    )?.[1];
    const text = stringify({ [name]: value }, { lineWidth: 100 }).trimEnd();
    lines.push(...text.split("\n").map((line) => `  ${line}`));
  }
  return `${lines.join("\n")}\n`;
}
