import { LinuxError, type AttachOptions } from "@ocelli/linux";
import { load, type Loaded, type LoadedProgram, type LoadOptions } from "@ocelli/load";

/** One line of a tool's output: a value per column. */
export type Row = Readonly<Record<string, string | number | bigint | boolean | readonly unknown[]>>;

/** Takes what a tool has to say. */
export type Print = (row: Row) => void;

/** A tool: a module of kernel programs, and what becomes of what they see. */
export interface ToolSpec<M extends object> {
  readonly name: string;
  /** What it shows, in a few words. */
  readonly brief: string;
  readonly module: M;
  /** Columns in their order, with the width that people see; 0 for the last one. */
  readonly columns: Readonly<Record<string, number>>;
  /** Programs whose hook some kernels or machines do not have. */
  readonly optional?: readonly string[];
  /** What attaching needs and the caller may leave out. */
  readonly defaults?: AttachOptions;
  /** For tools that say each thing when it happens: prints what has come since the last call. */
  readonly stream?: (app: Loaded<M>, print: Print) => void;
  /** For tools that sum up: prints everything so far. */
  readonly report?: (app: Loaded<M>, print: Print) => void;
}

/** A tool that runs. Disposing of it takes everything out of the kernel. */
export interface RunningTool extends Disposable {
  /** Takes the programs off their hooks; what they saw stays. */
  detach(): void;
  /** Prints what has come since the last call, for tools that stream. */
  stream(print: Print): void;
  /** Prints the sum, for tools that sum up. */
  report(print: Print): void;
}

/** A tool by its name, its module's type hidden. */
export interface Tool {
  readonly name: string;
  readonly brief: string;
  readonly columns: Readonly<Record<string, number>>;
  /** Prints single events; otherwise it sums up. */
  readonly streams: boolean;
  /** Members of the module that can be set before it starts, with what they are otherwise. */
  readonly settings: ReadonlyMap<string, number | bigint>;
  /** Loads and attaches it. */
  start(options?: StartOptions): RunningTool;
}

/** What a tool may be told. */
export interface StartOptions {
  /** Values of `settings`. */
  readonly config?: Readonly<Record<string, number | bigint>>;
  /** Devices, cgroups and processes, for the tools that need one. */
  readonly attach?: AttachOptions;
  /** Objects that were compiled before. */
  readonly load?: Pick<LoadOptions<object>, "spec" | "edit" | "source">;
}

/** Makes a tool. */
export function defineTool<M extends object>(spec: ToolSpec<M>): Tool {
  const { name, brief, columns, module, stream, report } = spec;
  return {
    name,
    brief,
    columns,
    streams: stream !== undefined,
    settings: settingsOf(module),
    start({ config = {}, attach = {}, load: how = {} } = {}) {
      using stack = new DisposableStack();
      const app = stack.use(load<object>(module, { ...how, config }) as Loaded<M>);
      const links = stack.use(new DisposableStack());
      for (const program of app.programs()) {
        const link = attachOne(program, { ...spec.defaults, ...attach }, spec.optional ?? []);
        if (link !== undefined) links.use(link);
      }
      const owned = stack.move();
      return {
        detach: () => {
          links.dispose();
        },
        stream: (print) => stream?.(app, print),
        report: (print) => report?.(app, print),
        [Symbol.dispose]: () => {
          owned.dispose();
        },
      };
    },
  };
}

function attachOne(
  program: LoadedProgram,
  options: AttachOptions,
  optional: readonly string[],
): Disposable | undefined {
  try {
    return program.attach(options);
  } catch (error) {
    const absent = error instanceof LinuxError && error.code === "not-found";
    if (absent && optional.includes(program.program.name)) return undefined;
    throw error;
  }
}

function settingsOf(module: object): ReadonlyMap<string, number | bigint> {
  const settings = new Map<string, number | bigint>();
  for (const [name, value] of Object.entries(module) as [string, unknown][]) {
    if (typeof value !== "object" || value === null || !("kind" in value)) continue;
    if (value.kind !== "config" || !("value" in value)) continue;
    const { value: initial } = value;
    if (typeof initial === "number" || typeof initial === "bigint") settings.set(name, initial);
  }
  return settings;
}
