import type { Program as ProgramOfModule } from "@ocelli/compiler";
import {
  attach,
  attachPerfEvent,
  run,
  type AttachOptions,
  type Link,
  type Program,
  type RunOptions,
  type RunResult,
} from "@ocelli/linux";

/** A program in the kernel. */
export interface LoadedProgram {
  readonly program: Program;
  /**
   * Attaches it to its hook until the result, or the module, is disposed of. A text names the device of `xdp` and `tc`, the
   * cgroup's folder, or what else the hook needs.
   */
  attach(target?: string | AttachOptions): Link;
  /** Runs it once, or `repeat` times, on data that is given: BPF_PROG_TEST_RUN. */
  run(options?: RunOptions): RunResult;
}

/** A program of a module as the user side uses it. */
export function loadedProgram(
  declared: ProgramOfModule,
  program: Program,
  owner: DisposableStack,
): LoadedProgram {
  return {
    program,
    attach(target = {}) {
      const options = typeof target === "string" ? namedTarget(declared, target) : target;
      const { hz } = declared;
      if (hz === undefined || options.sampling !== undefined)
        return owner.use(attach(program, options));
      const { pid } = options;
      return owner.use(
        attachPerfEvent(program, {
          event: "cpu-clock",
          every: { frequency: hz },
          ...(pid !== undefined && { pid }),
        }),
      );
    },
    run: (options) => run(program, options),
  };
}

function namedTarget({ type }: ProgramOfModule, target: string): AttachOptions {
  switch (type) {
    case "xdp":
    case "tc":
      return { interface: target };
    default:
      return type.startsWith("cgroup") || type.startsWith("sock-ops")
        ? { cgroup: target }
        : { to: target };
  }
}
