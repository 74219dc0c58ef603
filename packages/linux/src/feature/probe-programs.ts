import {
  encodeInstructions,
  OPCODE,
  PROGRAM_TYPES,
  type AttachType,
  type Instruction,
  type ProgramType,
} from "@ocelli/bpf";

import { LinuxError } from "../error.ts";
import { kernelTypes } from "../collection/kernel-types.ts";
import { ERRNO, errnoName } from "../port/errno.ts";
import type { Kernel } from "../port/kernel.ts";
import { loadProgram } from "../program/load.ts";
import type { ProgramLoad } from "../program/program-load.ts";
import { VerifierError } from "../program/verifier-error.ts";
import { inconclusive, no, YES, type ProbeAnswer } from "./answer.ts";

const SLEEPABLE = 16;

// Types that say at load where they go; any of their attach types will do.
const ATTACH: Partial<Record<ProgramType, AttachType>> = {
  cgroup_sock: "cgroup_inet_sock_create",
  cgroup_sock_addr: "cgroup_inet4_connect",
  cgroup_sockopt: "cgroup_getsockopt",
  cgroup_skb: "cgroup_inet_ingress",
  sk_lookup: "sk_lookup",
  sk_reuseport: "sk_reuseport_select",
  netfilter: "netfilter",
  tracing: "trace_raw_tp",
  lsm: "lsm_mac",
};

/** `r0 = 0`. */
export const RETURN_ZERO: Instruction = { opcode: 0xb7, dst: 0, src: 0, offset: 0, imm: 0 };
/** `exit`. */
export const EXIT: Instruction = { opcode: OPCODE.exit, dst: 0, src: 0, offset: 0, imm: 0 };

/** What a program of this type needs beside its instructions to get as far as the verifier. */
export function probeLoad(
  type: ProgramType,
  instructions: readonly Instruction[],
  tokenFd?: number,
): ProgramLoad {
  const encoded = encodeInstructions(instructions);
  return {
    type,
    bytes: encoded.ok ? encoded.value : new Uint8Array(0),
    name: "probe",
    license: "GPL",
    attachType: ATTACH[type],
    attachBtfId: targetOf(type),
    tokenFd,
    ...(type === "syscall" ? { flags: SLEEPABLE } : {}),
  };
}

function targetOf(type: ProgramType): number | undefined {
  switch (type) {
    case "tracing":
      return (
        kernelId("btf_trace_sched_switch", "typedef") ?? kernelId("btf_trace_sys_enter", "typedef")
      );
    case "lsm":
      return kernelId("bpf_lsm_file_open", "func");
    case "struct_ops":
    case "ext":
      // No such target: the kernel answers in words that only a kernel with the type has.
      return 1;
    default:
      return undefined;
  }
}

function kernelId(name: string, kind: "typedef" | "func"): number | undefined {
  return kernelTypes().kernel.idsByName(name, kind).at(0);
}

/** Whether the kernel has a program type. The verifier's refusal is a yes: an unknown type does not get there. */
export function probeProgramType(kernel: Kernel, type: ProgramType, tokenFd?: number): ProbeAnswer {
  try {
    using _program = loadProgram(kernel, probeLoad(type, [RETURN_ZERO, EXIT], tokenFd));
    return YES;
  } catch (error) {
    if (!(error instanceof LinuxError)) throw error;
    if (error instanceof VerifierError) return YES;
    if (type === "struct_ops" && error.errno === ERRNO.ENOTSUPP) return YES;
    if (error.code === "permission") return inconclusive(error.message);
    return no(
      error.errno === ERRNO.EINVAL
        ? `the kernel does not know the type (${errnoName(error.errno)})`
        : error.message,
    );
  }
}

/** Every program type that this library knows. */
export function probedProgramTypes(): readonly ProgramType[] {
  // Every key of the table is one of its own names.
  return (Object.keys(PROGRAM_TYPES) as ProgramType[]).filter((type) => type !== "unspec");
}
