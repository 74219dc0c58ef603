import { closeSync, openSync } from "node:fs";

import { ATTACH_TYPES, COMMANDS } from "@ocelli/bpf";

import { LinuxError } from "../error.ts";
import { encodeAttribute } from "../port/attribute.ts";
import type { Program } from "../program/program.ts";
import { duplicateFd } from "./duplicate.ts";
import { attachAction, explainedError, requireType } from "./explain.ts";
import type { Link } from "./link.ts";
import { plainLink } from "./plain-link.ts";

/** Which infrared receiver. */
export interface LircOptions {
  /** `/dev/lirc0`. */
  readonly device: string;
}

/** Attaches a decoder to an infrared receiver; it is taken off when the process exits. Since Linux 4.18. */
export function attachLirc(program: Program, options: LircOptions): Link {
  const { kernel } = program;
  const target = `infrared receiver "${options.device}"`;
  requireType(program, target, "lirc_mode2");
  let file: number;
  try {
    file = openSync(options.device, "r");
  } catch (error) {
    throw new LinuxError(
      "not-found",
      `${attachAction(program, target)}: there is no such device; /dev/lirc* appear with a receiver and a kernel built with LIRC`,
      0,
      { cause: error },
    );
  }
  const device = duplicateFd(kernel, file);
  closeSync(file);
  const attached = duplicateFd(kernel, program.fd.value);
  const change = (command: number): number =>
    kernel.bpf(
      command,
      encodeAttribute(kernel, "prog_attach", {
        target_fd: device.value,
        attach_bpf_fd: attached.value,
        attach_type: ATTACH_TYPES.lirc_mode2,
      }),
    );
  const close = (): void => {
    device[Symbol.dispose]();
    attached[Symbol.dispose]();
  };
  const result = change(COMMANDS.prog_attach);
  if (result < 0) {
    close();
    throw explainedError(kernel, attachAction(program, target), result, {
      reasons: {
        EINVAL: "it is no infrared receiver, or the kernel is built without BPF_LIRC_MODE2",
        EEXIST: "this program is attached there already",
        E2BIG: "64 programs are attached there already, which is the kernel's limit",
      },
    });
  }
  return plainLink({
    kind: "lirc",
    target,
    outlives: true,
    whyNoPin: "the kernel has no links on infrared receivers",
    release() {
      change(COMMANDS.prog_detach);
      close();
    },
  });
}
