import type { KernelBtfSupport, LinkType, MapType, ProgramType } from "@ocelli/bpf";

import { btfSupport } from "../collection/btf-support.ts";
import { kernelTypes } from "../collection/kernel-types.ts";
import type { Kernel } from "../port/kernel.ts";
import { no, YES, type ProbeAnswer } from "./answer.ts";
import {
  probedInstructions,
  probeInstructions,
  type InstructionFeature,
} from "./probe-instructions.ts";
import { probedLinkTypes, probeLinkType } from "./probe-links.ts";
import { probedMapTypes, probeMapType } from "./probe-maps.ts";
import { probedProgramTypes, probeProgramType } from "./probe-programs.ts";

/** What the running kernel can do, as far as this process can find out. */
export interface ProbedFeatures {
  readonly programTypes: ReadonlyMap<ProgramType, ProbeAnswer>;
  readonly mapTypes: ReadonlyMap<MapType, ProbeAnswer>;
  readonly instructions: ReadonlyMap<InstructionFeature, ProbeAnswer>;
  readonly btf: ReadonlyMap<keyof KernelBtfSupport, ProbeAnswer>;
  readonly linkTypes: ReadonlyMap<LinkType, ProbeAnswer>;
}

const known = new WeakMap<Kernel, ProbedFeatures>();

/**
 * Asks the kernel for everything but helpers (`probeHelpers()`), once per kernel: about 100 system calls, some
 * milliseconds; each time with a BPF token, whose delegation is part of the answer. Loads and creates only what is closed again at once; attaches nothing.
 */
export function probeFeatures(kernel: Kernel, tokenFd?: number): ProbedFeatures {
  const before = tokenFd === undefined ? known.get(kernel) : undefined;
  if (before !== undefined) return before;
  const btf = btfSupport(kernel, tokenFd);
  // Every key of the table is one of its own names.
  const kinds = Object.keys(btf) as (keyof KernelBtfSupport)[];
  const features: ProbedFeatures = {
    programTypes: answers(probedProgramTypes(), (type) => probeProgramType(kernel, type, tokenFd)),
    mapTypes: answers(probedMapTypes(), (type) => probeMapType(kernel, type, tokenFd)),
    instructions: answers(probedInstructions(), (feature) =>
      probeInstructions(kernel, feature, tokenFd),
    ),
    btf: answers(kinds, (kind) => (btf[kind] ? YES : no("the kernel refuses types of this kind"))),
    linkTypes: answers(probedLinkTypes(), (type) => probeLinkType(kernelTypes(), type)),
  };
  if (tokenFd === undefined) known.set(kernel, features);
  return features;
}

function answers<N extends string>(
  names: readonly N[],
  ask: (name: N) => ProbeAnswer,
): ReadonlyMap<N, ProbeAnswer> {
  return new Map(names.map((name) => [name, ask(name)]));
}
