// For tests: what a tool prints about a workload, from the object that its programs were compiled to.
import { join } from "node:path";

import { programFixture } from "@ocelli/testkit";

import type { Row, RunningTool, StartOptions, Tool } from "./tool.ts";

/** The object of a tool's programs. */
export function toolObject(name: string): ReturnType<typeof programFixture> {
  return programFixture(join(import.meta.dirname, `${name}.bpf.ts`));
}

/** Starts a tool by its name. */
export async function startTool(name: string, options: StartOptions = {}): Promise<RunningTool> {
  const { tool } = (await import(`./${name}.ts`)) as { readonly tool: Tool };
  return tool.start({ ...options, load: { spec: toolObject(name) } });
}

/** Runs a tool around a workload and gives everything that it prints. */
export async function observe(
  name: string,
  workload: () => void | Promise<void>,
  options: StartOptions = {},
): Promise<Row[]> {
  using running = await startTool(name, options);
  const rows: Row[] = [];
  const print = (row: Row): void => {
    rows.push(row);
  };
  await workload();
  running.detach();
  running.stream(print);
  running.report(print);
  return rows;
}
