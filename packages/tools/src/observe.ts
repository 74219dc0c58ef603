import { join } from "node:path";

import type { LoadOptions } from "@ocelli/load";

import type { Row, RunningTool, StartOptions, Tool } from "./tool.ts";

type Blueprint = NonNullable<LoadOptions<object>["spec"]>;

/** Runs tools for tests, from objects that were compiled before. */
export interface Observer {
  /** The object of a tool's programs. */
  readonly toolObject: (name: string) => Blueprint;
  /** Starts a tool by its name. */
  readonly startTool: (name: string, options?: StartOptions) => Promise<RunningTool>;
  /** Runs a tool around a workload and gives everything that it prints. */
  readonly observe: (
    name: string,
    workload: () => void | Promise<void>,
    options?: StartOptions,
  ) => Promise<Row[]>;
}

/** Makes an observer; `objectOf` gives the object of a `.bpf.ts` file. */
export function createObserver(objectOf: (path: string) => Blueprint): Observer {
  const toolObject = (name: string): Blueprint =>
    objectOf(join(import.meta.dirname, `${name}.bpf.ts`));
  const startTool: Observer["startTool"] = async (name, options = {}) => {
    const { tool } = (await import(`./${name}.ts`)) as { readonly tool: Tool };
    return tool.start({ ...options, load: { spec: toolObject(name) } });
  };
  return {
    toolObject,
    startTool,
    async observe(name, workload, options) {
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
    },
  };
}
