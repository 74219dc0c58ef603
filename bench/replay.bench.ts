// Captures of more than 1.5 million event blocks replayed with Falco's rules, beside Debian's `sysdig` that only reads
// them (where it can: it is older than some captures). Whole processes, start-up included, in millions of blocks for a
// second of processor time, so that what else runs on the machine counts less; and how much memory they took.
// Needs the shared sample captures and rules.
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { compare, type Contender } from "./support/measure.ts";
import { hasSamples, writeRepeated } from "./support/repeated-capture.ts";

const root = join(import.meta.dirname, "..");
const RULES = ["falco_rules.yaml", "falco-incubating_rules.yaml", "falco-sandbox_rules.yaml"].map(
  (name) => join(root, "../../shared/data/falco/rules", name),
);
const CAPTURES: readonly [title: string, name: string, times: number][] = [
  ["mpm-worker ×60", "sf-collector__tests__mpm-worker__full_capture.scap", 60],
  ["live-host ×60", "live-host.scap", 60],
];
// A kind that none of the captures has.
const NOTHING = "evt.type=quotactl";

interface Run {
  readonly seconds: number;
  readonly mebibytes: number;
}

function run(command: readonly string[]): Run {
  const timed = ["-f", "%U %S %M %x", ...command];
  const { stderr } = spawnSync("/usr/bin/time", timed, {
    encoding: "utf8",
    maxBuffer: 2 ** 28,
    stdio: ["ignore", "ignore", "pipe"],
  });
  const [user = 0, system = 0, kibibytes = 0, status = 1] =
    stderr.trim().split("\n").at(-1)?.split(" ").map(Number) ?? [];
  if (status !== 0) throw new Error(`Cannot measure ${command.join(" ")}: ${stderr}`);
  return { seconds: user + system, mebibytes: kibibytes / 1024 };
}

function replay(path: string, rules: readonly string[]): string[] {
  const main = join(root, "packages/cli/src/main.ts");
  const flags = rules.flatMap((file) => ["-r", file]);
  return [process.execPath, "--conditions=development", main, "replay", path, ...flags];
}

if (!hasSamples || !existsSync("/usr/bin/time")) {
  console.log("\nReplay: the shared sample captures or /usr/bin/time are not here");
} else {
  const folder = mkdtempSync(join(tmpdir(), "ocelli-bench-"));
  try {
    for (const [title, name, times] of CAPTURES) {
      const path = join(folder, "repeated.scap");
      const blocks = writeRepeated(name, times, path);
      const commands: readonly [string, string[]][] = [
        ["25 rules", replay(path, RULES.slice(0, 1))],
        ["93 rules", replay(path, RULES)],
      ];
      const sysdig = ["sysdig", "-r", path, NOTHING];
      const reads = spawnSync("sysdig", sysdig.slice(1)).status === 0;
      const all = reads ? [...commands, ["sysdig, bare", sysdig] as const] : commands;
      const memory = new Map<string, number>();
      const contenders = all.map(([label, command]): Contender => ({
        name: label,
        run: () => {
          const { seconds, mebibytes } = run(command);
          memory.set(label, Math.max(memory.get(label) ?? 0, mebibytes));
          return blocks / seconds / 1e6;
        },
      }));
      await compare(`${title}: ${blocks} blocks`, "M blocks/s", contenders, {
        rounds: 5,
        warmUp: 1,
      });
      for (const [label, mebibytes] of memory)
        console.log(`  ${label}: at most ${mebibytes.toFixed(0)} MiB`);
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
}
