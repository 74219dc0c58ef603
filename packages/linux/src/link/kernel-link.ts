import { COMMANDS } from "@ocelli/bpf";

import { LinuxError } from "../error.ts";
import { Fd } from "../fd.ts";
import { encodeAttribute, type AttributeFields } from "../port/attribute.ts";
import { ERRNO } from "../port/errno.ts";
import { pinObject, unpin } from "../pin/pin.ts";
import type { Kernel } from "../port/kernel.ts";
import type { Program } from "../program/program.ts";
import { attachAction, explainedError, type Explanation } from "./explain.ts";
import { readLinkInfo, type LinkInfo } from "./info.ts";
import type { Link, LinkKind } from "./link.ts";

const BPF_F_REPLACE = 4;

/** A link of the kernel: its descriptor holds the attachment, so it ends with the process in every case. */
export class KernelLink implements Link {
  readonly kind: LinkKind;
  readonly target: string;
  readonly fd: Fd;
  readonly #kernel: Kernel;
  #pinned: string | undefined;

  constructor(kernel: Kernel, kind: LinkKind, target: string, fd: Fd, pinned?: string) {
    this.#kernel = kernel;
    this.kind = kind;
    this.target = target;
    this.fd = fd;
    this.#pinned = pinned;
  }

  get closed(): boolean {
    return this.fd.closed;
  }

  info(): LinkInfo {
    return readLinkInfo(this.#kernel, this.fd.value);
  }

  update(program: Program, expected?: Program): void {
    const attribute = encodeAttribute(this.#kernel, "link_update", {
      link_fd: this.fd.value,
      new_prog_fd: program.fd.value,
      ...(expected === undefined ? {} : { flags: BPF_F_REPLACE, old_prog_fd: expected.fd.value }),
    });
    const result = this.#kernel.bpf(COMMANDS.link_update, attribute);
    if (result >= 0) return;
    throw explainedError(
      this.#kernel,
      `Cannot swap the program of ${this.target} for "${program.name}"`,
      result,
      {
        reasons: {
          EINVAL: `the kernel cannot swap programs there, or "${program.name}" is of another type; attach it on its own and dispose of this link`,
          EPERM: `the attached program is not the expected one, or rights are missing`,
          ENOLINK: "the link was detached",
        },
      },
    );
  }

  detach(): void {
    const attribute = encodeAttribute(this.#kernel, "link_detach", { link_fd: this.fd.value });
    const result = this.#kernel.bpf(COMMANDS.link_detach, attribute);
    this.unpin();
    this.fd[Symbol.dispose]();
    // Kinds that cannot be forced off go when the last descriptor and the last pin are closed.
    const cannotForce: readonly number[] = [ERRNO.EOPNOTSUPP, ERRNO.EINVAL, ERRNO.ENOTSUPP];
    if (result < 0 && !cannotForce.includes(-result))
      throw explainedError(this.#kernel, `Cannot detach from ${this.target}`, result);
  }

  pin(path: string): void {
    if (this.#pinned !== undefined)
      throw new LinuxError(
        "exists",
        `Cannot pin the link on ${this.target} as "${path}": it is pinned as "${this.#pinned}", unpin it first`,
      );
    pinObject(this.#kernel, this.fd, path);
    this.#pinned = path;
  }

  unpin(): void {
    if (this.#pinned === undefined) return;
    unpin(this.#pinned);
    this.#pinned = undefined;
  }

  [Symbol.dispose](): void {
    this.fd[Symbol.dispose]();
  }
}

/** Makes a link of the kernel, or throws what `explanation` makes of the failure. */
export function createLink(
  program: Program,
  kind: LinkKind,
  target: string,
  fields: AttributeFields<"link_create">,
  explanation: Explanation,
): KernelLink {
  const result = tryCreateLink(program, fields);
  if (result >= 0)
    return new KernelLink(program.kernel, kind, target, new Fd(program.kernel, result));
  throw explainedError(program.kernel, attachAction(program, target), result, explanation);
}

/** BPF_LINK_CREATE for a program: a descriptor, or a negated errno. */
export function tryCreateLink(program: Program, fields: AttributeFields<"link_create">): number {
  const attribute = encodeAttribute(program.kernel, "link_create", {
    prog_fd: program.fd.value,
    ...fields,
  });
  return program.kernel.bpf(COMMANDS.link_create, attribute);
}
