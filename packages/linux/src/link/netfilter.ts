import { ATTACH_TYPES } from "@ocelli/bpf";

import type { Program } from "../program/program.ts";
import { requireType } from "./explain.ts";
import { createLink } from "./kernel-link.ts";
import type { Link } from "./link.ts";

const FAMILIES = { ipv4: 2, ipv6: 10 } as const;
const HOOKS = { prerouting: 0, input: 1, forward: 2, output: 3, postrouting: 4 } as const;
const BPF_F_NETFILTER_IP_DEFRAG = 1;

/** Where in netfilter. */
export interface NetfilterOptions {
  readonly family: keyof typeof FAMILIES;
  readonly hook: keyof typeof HOOKS;
  /** Lower runs earlier; iptables' filter table has 0. Neither the least nor the greatest 32-bit number. */
  readonly priority: number;
  /** Puts fragments together first; needs a priority above -400, and Linux 6.6. */
  readonly defragment?: boolean;
}

/** Attaches to a netfilter hook of the current network namespace; the program returns 0 to drop, 1 to accept. Since Linux 6.4. */
export function attachNetfilter(program: Program, options: NetfilterOptions): Link {
  const { family, hook, priority } = options;
  const target = `netfilter ${family} ${hook} with priority ${priority}`;
  requireType(program, target, "netfilter");
  return createLink(
    program,
    "netfilter",
    target,
    {
      attach_type: ATTACH_TYPES.netfilter,
      "netfilter.pf": FAMILIES[family],
      "netfilter.hooknum": HOOKS[hook],
      "netfilter.priority": priority,
      "netfilter.flags": options.defragment === true ? BPF_F_NETFILTER_IP_DEFRAG : 0,
    },
    {
      feature: "netfilter",
      rights: ["CAP_NET_ADMIN"],
      reasons: {
        EBUSY: "a program is attached with this priority already; choose another one",
        ERANGE: "the least and the greatest priority are reserved; choose one between",
        EAFNOSUPPORT: "the kernel is built without netfilter for this family",
        ENOENT:
          "fragments can only be put together where the module nf_defrag is there: modprobe nf_defrag_ipv4",
        EOPNOTSUPP: "the kernel is built without what putting fragments together needs",
      },
    },
  );
}
