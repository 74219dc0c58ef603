// One of the tools: node --conditions=development packages/tools/src/main.ts NAME [--json] [--for SECONDS] [--interval SECONDS]
//   [--interface NAME] [--cgroup FOLDER] [--SETTING VALUE]…         without a name: the list of tools
import { parseArgs } from "node:util";

import type { AttachOptions } from "@ocelli/linux";
import { registerProgramModules } from "@ocelli/load";

import { TOOLS } from "./names.ts";
import { createPrinter } from "./printer.ts";
import type { Tool } from "./tool.ts";

registerProgramModules();

function wrongUse(message: string): never {
  console.error(message);
  process.exit(2);
}

const [name = "", ...args] = process.argv.slice(2);
if (!TOOLS.some((known) => known === name))
  wrongUse(`Unknown tool "${name}": use one of ${TOOLS.join(", ")}`);
const { tool } = (await import(`./${name}.ts`)) as { readonly tool: Tool };

const TEXT = { type: "string" } as const;
const settings = Object.fromEntries([...tool.settings.keys()].map((key) => [key, TEXT]));

function readArguments(): Readonly<Record<string, string | boolean | undefined>> {
  try {
    const { values } = parseArgs({
      args,
      options: {
        ...settings,
        json: { type: "boolean", default: false },
        for: TEXT,
        interval: TEXT,
        interface: TEXT,
        cgroup: TEXT,
      },
    });
    return values;
  } catch (error) {
    const known = Object.keys(settings).map((key) => `--${key} NUMBER`);
    return wrongUse(
      `${error instanceof Error ? error.message : String(error)}\n${name} takes --json, --for SECONDS, --interval SECONDS, --interface NAME, --cgroup FOLDER${known.map((one) => `, ${one}`).join("")}`,
    );
  }
}

const values = readArguments();
const text = (key: string): string | undefined => {
  const value = values[key];
  return typeof value === "string" ? value : undefined;
};

function seconds(key: string, otherwise: number): number {
  const given = text(key);
  const value = given === undefined ? otherwise : Number(given);
  return value >= 0 ? value : wrongUse(`Cannot use --${key} ${given}: give seconds`);
}

const config: Record<string, number | bigint> = {};
for (const [key, initial] of tool.settings) {
  const given = text(key);
  if (given === undefined) continue;
  if (!/^\d+$/.test(given)) wrongUse(`Cannot use --${key} ${given}: give a whole number`);
  config[key] = typeof initial === "bigint" ? BigInt(given) : Number(given);
}

const device = text("interface");
const cgroup = text("cgroup");
const attach: AttachOptions = {
  ...(device !== undefined && { interface: device }),
  ...(cgroup !== undefined && { cgroup }),
};
const print = createPrinter(
  (line) => process.stdout.write(line),
  tool.columns,
  values["json"] === true,
);
using running = tool.start({ config, attach });
const end = Date.now() + seconds("for", 3600 * 24 * 24) * 1000;
const interval = seconds("interval", 1) * 1000;
const stopped = Promise.withResolvers<undefined>();
process.once("SIGINT", () => {
  stopped.resolve(undefined);
});
let isStopped = false;
for (let last = Date.now(); !isStopped && Date.now() < end;) {
  const wait = Math.min(tool.streams ? 100 : interval, end - Date.now());
  const timer = Promise.withResolvers<"go on">();
  const handle = setTimeout(timer.resolve, wait, "go on");
  isStopped = (await Promise.race([timer.promise, stopped.promise])) === undefined;
  clearTimeout(handle);
  running.stream(print);
  if (tool.streams || Date.now() - last < interval || isStopped || Date.now() >= end) continue;
  last = Date.now();
  running.report(print);
}
running.detach();
running.stream(print);
running.report(print);
