// The Debian tools that tests need: which are missing, and installing them when this process may.
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { delimiter, join } from "node:path";

import { root } from "./sources.ts";

interface DebianTool {
  readonly command?: string;
  readonly file?: string;
  readonly package: string;
  readonly "needed for": string;
}

function isPresent(tool: DebianTool): boolean {
  if (tool.file !== undefined) return existsSync(tool.file);
  const folders = [...(process.env["PATH"] ?? "").split(delimiter), "/usr/sbin", "/sbin"];
  return folders.some((folder) => existsSync(join(folder, tool.command ?? "")));
}

/** Packages whose tools are not on this machine. */
export function missingTools(): DebianTool[] {
  const path = join(root, "tools/debian-packages.json");
  // The file is ours and its shape is fixed by the interface.
  const tools = JSON.parse(readFileSync(path, "utf8")) as DebianTool[];
  return tools.filter((tool) => !isPresent(tool));
}

/** Installs what is missing when running as root where apt-get exists; returns what is still missing afterwards. */
export function provideTools(): DebianTool[] {
  const missing = missingTools();
  if (missing.length === 0 || process.getuid?.() !== 0 || !existsSync("/usr/bin/apt-get"))
    return missing;
  const packages = [...new Set(missing.map((tool) => tool.package))];
  console.log(`Installing ${packages.join(", ")} with apt-get`);
  const options = {
    stdio: "inherit",
    env: { ...process.env, DEBIAN_FRONTEND: "noninteractive" },
  } as const;
  spawnSync("apt-get", ["update", "-qq"], options);
  spawnSync("apt-get", ["install", "-y", "-qq", "--no-install-recommends", ...packages], options);
  return missingTools();
}
