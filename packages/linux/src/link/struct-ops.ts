import { ATTACH_TYPES, COMMANDS } from "@ocelli/bpf";

import { LinuxError } from "../error.ts";
import { Fd } from "../fd.ts";
import { MAP_FLAGS } from "../map/flags.ts";
import type { BpfMap } from "../map/map.ts";
import { encodeAttribute } from "../port/attribute.ts";
import { explainedError, missingFeature } from "./explain.ts";
import { KernelLink } from "./kernel-link.ts";
import type { Link } from "./link.ts";
import { plainLink } from "./plain-link.ts";

const KEY = new Uint8Array(4);

/**
 * Registers a filled `struct_ops` map with the kernel. A map made for links (section `.struct_ops.link`, Linux 6.4)
 * gets one, which ends with the process in every case. Any other map registers when it is filled and is taken back by
 * deleting its element (Linux 5.6): that ends when the process exits, and with the map's last descriptor.
 * `value` is what to fill such a map with.
 */
export function attachStructOps(map: BpfMap, value?: Uint8Array): Link {
  const { kernel } = map;
  const target = `struct_ops "${map.name}"`;
  const action = `Cannot register ${target}`;
  if (map.type !== "struct_ops")
    throw new LinuxError(
      "invalid",
      `${action}: it is a map of type ${map.type}, struct_ops is needed`,
    );
  if (value !== undefined) map.update(KEY, value);
  if ((map.flags & MAP_FLAGS.link) === 0) {
    return plainLink({
      kind: "struct_ops",
      target,
      outlives: true,
      whyNoPin: 'it registers without a link; put it into section ".struct_ops.link" (Linux 6.4)',
      release() {
        if (!map.fd.closed) map.delete(KEY);
      },
    });
  }
  const attribute = encodeAttribute(kernel, "link_create", {
    map_fd: map.fd.value,
    attach_type: ATTACH_TYPES.struct_ops,
  });
  const result = kernel.bpf(COMMANDS.link_create, attribute);
  if (result < 0) {
    const tooOld = missingFeature(kernel, "struct_ops_link");
    throw explainedError(kernel, action, result, {
      feature: "struct_ops_link",
      rights: ["CAP_NET_ADMIN"],
      reasons: {
        EINVAL: tooOld ?? "the map is not filled, or the kernel refuses the members' values",
        EEXIST: "an implementation of this name is registered already",
        EBUSY: "the kernel has this one in use",
      },
    });
  }
  return new KernelLink(kernel, "struct_ops", target, new Fd(kernel, result));
}
