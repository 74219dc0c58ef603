import { attachTypeNumber, COMMANDS, type AttachType } from "@ocelli/bpf";

import { LinuxError } from "../error.ts";
import { Fd } from "../fd.ts";
import type { BpfMap } from "../map/map.ts";
import { encodeAttribute } from "../port/attribute.ts";
import type { Program } from "../program/program.ts";
import { duplicateFd } from "./duplicate.ts";
import { attachAction, explainedError, requireType } from "./explain.ts";
import { KernelLink, tryCreateLink } from "./kernel-link.ts";
import type { Link } from "./link.ts";
import { plainLink } from "./plain-link.ts";

/** Which map of sockets. */
export interface SockmapOptions {
  /** A sockmap or a sockhash. */
  readonly map: BpfMap;
  /** `sk_skb_stream_parser`, `sk_skb_stream_verdict`, `sk_skb_verdict`, `sk_msg_verdict`; by default the program's. */
  readonly attachType?: AttachType;
  /** `attach` does without a link of the kernel, as before Linux 6.10; chosen by itself where links are missing. */
  readonly via?: "link" | "attach";
}

const SOCKMAP_LINKS = "6.10";

/**
 * Lets a program parse or judge what the sockets of a map receive or send. Without a link it lasts as long as the map,
 * so it ends with the process unless the map is pinned or held elsewhere. Since Linux 4.14.
 */
export function attachSockmap(program: Program, options: SockmapOptions): Link {
  const { kernel } = program;
  const { map } = options;
  const attachType = options.attachType ?? program.attachType ?? defaultType(program);
  const target = `map "${map.name}" as ${attachType ?? program.type}`;
  requireType(program, target, "sk_skb", "sk_msg");
  if (attachType === undefined)
    throw new LinuxError(
      "invalid",
      `${attachAction(program, target)}: say which hook with "attachType", e.g. "sk_skb_stream_verdict"`,
    );
  if (map.type !== "sockmap" && map.type !== "sockhash")
    throw new LinuxError(
      "invalid",
      `${attachAction(program, target)}: it is a map of type ${map.type}, sockmap or sockhash is needed`,
    );
  const attach_type = attachTypeNumber(attachType);
  if (options.via !== "attach") {
    const result = tryCreateLink(program, { target_fd: map.fd.value, attach_type });
    if (result >= 0) return new KernelLink(kernel, "sockmap", target, new Fd(kernel, result));
    if (options.via === "link")
      throw explainedError(kernel, attachAction(program, target), result, {
        rights: ["CAP_NET_ADMIN"],
        reasons: {
          EBUSY: "a program is attached there already; this hook takes one",
          EINVAL: `the program is for another hook, or the kernel has no links on sockmaps, which need Linux ${SOCKMAP_LINKS}`,
        },
      });
  }
  const change = (command: number, fd: number): number =>
    kernel.bpf(
      command,
      encodeAttribute(kernel, "prog_attach", {
        target_fd: held.value,
        attach_bpf_fd: fd,
        attach_type,
      }),
    );
  const held = duplicateFd(kernel, map.fd.value);
  const attached = duplicateFd(kernel, program.fd.value);
  const result = change(COMMANDS.prog_attach, program.fd.value);
  if (result < 0) {
    held[Symbol.dispose]();
    attached[Symbol.dispose]();
    throw explainedError(kernel, attachAction(program, target), result, {
      rights: ["CAP_NET_ADMIN"],
      reasons: {
        EINVAL: "the program is for another hook",
        EOPNOTSUPP: "a program that excludes this one is attached to the map",
        EBUSY: "a program that excludes this one is attached to the map",
      },
    });
  }
  return plainLink({
    kind: "sockmap",
    target,
    outlives: true,
    whyNoPin: `it was attached without a link of the kernel, which needs Linux ${SOCKMAP_LINKS}`,
    release() {
      // A failure means that somebody else's program took the place.
      change(COMMANDS.prog_detach, attached.value);
      held[Symbol.dispose]();
      attached[Symbol.dispose]();
    },
  });
}

function defaultType(program: Program): AttachType | undefined {
  return program.type === "sk_msg" ? "sk_msg_verdict" : undefined;
}
