import { ATTACH_TYPES } from "@ocelli/bpf";

import { LinuxError } from "../error.ts";
import { Fd } from "../fd.ts";
import { findInterface } from "../netlink/interface.ts";
import {
  getXdp,
  setXdp,
  XDP_IF_NOEXIST,
  XDP_MODE_FLAGS,
  XDP_REPLACE,
  type XdpMode,
} from "../netlink/xdp.ts";
import type { Program } from "../program/program.ts";
import { duplicateFd } from "./duplicate.ts";
import { attachAction, explainedError, missingFeature, requireType } from "./explain.ts";
import { KernelLink, tryCreateLink } from "./kernel-link.ts";
import { record } from "./journal.ts";
import type { Link } from "./link.ts";
import { plainLink } from "./plain-link.ts";
import { programId } from "./program-id.ts";
import { sweepLeftovers } from "./sweep.ts";

/** Where an XDP program goes. */
export interface XdpOptions {
  /** Name or index, in the current network namespace. */
  readonly interface: string | number;
  /** Left to the kernel by default: the driver where it can, else the generic path. */
  readonly mode?: XdpMode;
  /** `netlink` does without a link of the kernel, as before Linux 5.9; chosen by itself where links are missing. */
  readonly via?: "link" | "netlink";
}

/**
 * Attaches an XDP program to an interface. With a link (Linux 5.9) it ends with the process in every case. Over netlink
 * it is taken off when the process exits; after SIGKILL it stays until the next attachment on this machine clears it.
 */
export function attachXdp(program: Program, options: XdpOptions): Link {
  const { kernel } = program;
  const { name, index } = findInterface(kernel, options.interface);
  const mode = options.mode === undefined ? "" : ` in mode ${options.mode}`;
  const target = `XDP of interface "${name}"${mode}`;
  requireType(program, target, "xdp");
  if (options.via === "netlink") return attachByNetlink(program, target, index, options.mode);
  const result = tryCreateLink(program, {
    target_ifindex: index,
    attach_type: ATTACH_TYPES.xdp,
    flags: options.mode === undefined ? 0 : XDP_MODE_FLAGS[options.mode],
  });
  if (result >= 0) return new KernelLink(kernel, "xdp", target, new Fd(kernel, result));
  if (options.via === undefined && missingFeature(kernel, "xdp_link") !== undefined)
    return attachByNetlink(program, target, index, options.mode);
  throw explainedError(kernel, attachAction(program, target), result, {
    feature: "xdp_link",
    rights: ["CAP_NET_ADMIN"],
    reasons: {
      EBUSY: `another XDP program is there${occupant(program, index)}; take it off first, e.g. with: ip link set dev ${name} xdp off`,
      EEXIST: "an XDP program is there in another mode; take it off first, or use the same mode",
      EOPNOTSUPP: `the driver cannot do it${mode}; mode "skb" works everywhere`,
      EINVAL: `the interface refuses the program${mode}: it may need fragment support (section "xdp.frags") for its MTU, or another mode`,
    },
  });
}

function occupant(program: Program, index: number): string {
  const ids = Object.values(getXdp(program.kernel, index)).filter((id) => id !== 0);
  return ids.length === 0 ? "" : `, with id ${ids.join(" and ")}`;
}

function attachByNetlink(
  program: Program,
  target: string,
  interfaceIndex: number,
  mode: XdpMode | undefined,
): Link {
  const { kernel } = program;
  const modeFlags = mode === undefined ? 0 : XDP_MODE_FLAGS[mode];
  // Kept open: it says at the end whether the program on the interface is still ours.
  let attached = duplicateFd(kernel, program.fd.value);
  sweepLeftovers(kernel);
  try {
    setXdp(kernel, attachAction(program, target), {
      interfaceIndex,
      programFd: attached.value,
      flags: modeFlags | XDP_IF_NOEXIST,
    });
  } catch (error) {
    attached[Symbol.dispose]();
    throw error;
  }
  const note = (): Disposable =>
    record({
      kind: "xdp",
      interfaceIndex,
      flags: modeFlags,
      programId: programId(kernel, attached.value),
    });
  let entry = note();
  return plainLink({
    kind: "xdp",
    target,
    outlives: true,
    whyNoPin: "it was attached over netlink, without a link of the kernel",
    swap(next, expected) {
      const replacement = duplicateFd(kernel, next.fd.value);
      try {
        setXdp(kernel, attachAction(next, target), {
          interfaceIndex,
          programFd: replacement.value,
          flags: modeFlags | XDP_REPLACE,
          expectedFd: expected?.fd.value ?? attached.value,
        });
      } catch (error) {
        replacement[Symbol.dispose]();
        throw error;
      }
      attached[Symbol.dispose]();
      attached = replacement;
      entry[Symbol.dispose]();
      entry = note();
    },
    release() {
      try {
        setXdp(kernel, `Cannot detach from ${target}`, {
          interfaceIndex,
          programFd: -1,
          flags: modeFlags | XDP_REPLACE,
          expectedFd: attached.value,
        });
      } catch (error) {
        // Somebody else's program is there now, or the interface is gone: nothing of ours is left.
        if (!(error instanceof LinuxError)) throw error;
      } finally {
        entry[Symbol.dispose]();
        attached[Symbol.dispose]();
      }
    },
  });
}
