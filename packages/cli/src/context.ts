import type { CommandContext, StricliProcess } from "@stricli/core";

/** The streams and the exit code of the process. */
export interface CliProcess extends StricliProcess {
  readonly stdout: NodeJS.WriteStream;
  readonly stderr: NodeJS.WriteStream;
}

/** What a command may touch: the streams of the process and a signal that fires on Ctrl-C or SIGTERM. */
export interface CliContext extends CommandContext {
  readonly process: CliProcess;
  /** Fires once, on the first SIGINT or SIGTERM; a second one ends the process at once. */
  readonly interrupted: () => AbortSignal;
}

/** The context of this process. Signals are only listened to once a command asks for them. */
export function createContext(): CliContext {
  let controller: AbortController | undefined;
  return {
    process: { stdout: process.stdout, stderr: process.stderr, env: process.env },
    interrupted: () => {
      if (controller !== undefined) return controller.signal;
      const created = new AbortController();
      controller = created;
      const stop = (): void => {
        process.off("SIGINT", stop);
        process.off("SIGTERM", stop);
        created.abort();
      };
      process.on("SIGINT", stop);
      process.on("SIGTERM", stop);
      return created.signal;
    },
  };
}

/** A command as the parser wants it, of a function that takes its context as the first argument. */
export function withContext<FLAGS, ARGS extends readonly unknown[]>(
  command: (context: CliContext, flags: FLAGS, ...args: ARGS) => Promise<void>,
): (this: CliContext, flags: FLAGS, ...args: ARGS) => Promise<void> {
  return function run(flags, ...args) {
    return command(this, flags, ...args);
  };
}
