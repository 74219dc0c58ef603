import { LinuxError } from "../error.ts";
import type { Program } from "../program/program.ts";
import { releaseOnExit } from "./exit.ts";
import type { Link, LinkKind } from "./link.ts";

/** How an attachment without a link of the kernel is changed and ended. */
export interface PlainAttachment {
  readonly kind: LinkKind;
  readonly target: string;
  /** Takes the program off. Called once. */
  readonly release: () => void;
  /** Swaps the program; left out where that is impossible. */
  readonly swap?: (program: Program, expected?: Program) => void;
  /** Whether the attachment outlives the process, so that `release` must run when it exits. */
  readonly outlives: boolean;
  /** Why it cannot be pinned, after a colon. */
  readonly whyNoPin: string;
}

/** A link for what the kernel has no link for. */
export function plainLink(attachment: PlainAttachment): Link {
  const { kind, target, swap, whyNoPin } = attachment;
  let closed = false;
  let hook: Disposable | undefined;
  const release = (): void => {
    if (closed) return;
    closed = true;
    hook?.[Symbol.dispose]();
    attachment.release();
  };
  if (attachment.outlives) hook = releaseOnExit(release);
  return {
    kind,
    target,
    fd: undefined,
    get closed() {
      return closed;
    },
    info: () => undefined,
    update(program, expected) {
      if (closed)
        throw new LinuxError("closed", `Cannot swap the program of ${target}: it was detached`);
      if (swap === undefined)
        throw new LinuxError(
          "unsupported",
          `Cannot swap the program of ${target} for "${program.name}": this hook takes no updates; attach it on its own and dispose of this link`,
        );
      swap(program, expected);
    },
    detach: release,
    pin(path) {
      throw new LinuxError("unsupported", `Cannot pin ${target} as "${path}": ${whyNoPin}`);
    },
    unpin() {
      // Never pinned.
    },
    [Symbol.dispose]: release,
  };
}
