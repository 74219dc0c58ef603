import type { CollectionSpec, Instruction, MapSpec, ProgramSpec } from "@ocelli/bpf";

import { VmError } from "../error.ts";
import type { VmMap } from "../map/map.ts";
import type { VmMemory } from "../memory/memory.ts";
import { formatVerifyReport } from "../verifier/report.ts";
import { verify } from "../verifier/verify.ts";
import type { LoadInVmOptions } from "./load.ts";

/** Program types that are given nothing but their context, packet, maps and stack: all of it lies in the memory. */
const SELF_CONTAINED: ReadonlySet<ProgramSpec["type"]> = new Set<ProgramSpec["type"]>([
  "xdp",
  "sched_cls",
  "sched_act",
  "socket_filter",
  "cgroup_skb",
]);

/**
 * Refuses a program that does not verify. Says whether its addresses need no checks any more: those of programs that only
 * see this memory.
 */
export function verifyBeforeRun(
  spec: CollectionSpec,
  program: ProgramSpec,
  instructions: readonly Instruction[],
  maps: ReadonlyMap<string, VmMap>,
  memory: VmMemory,
  options: LoadInVmOptions,
): boolean {
  const verified = verify(program, instructions, {
    maps: withContents(spec, maps, memory),
    btf: spec.btf,
    kconfig: spec.kconfig,
    kernel: options.types?.kernel,
    processors: options.environment?.processors,
    helpers: new Set(options.helpers?.keys()),
    kfuncs: new Set(Object.keys(options.kfuncs ?? {})),
  });
  if (verified.ok) return SELF_CONTAINED.has(program.type);
  const report = formatVerifyReport(verified.report).trimEnd();
  throw new VmError(
    "rejected",
    `Cannot load program "${program.name}": it is not safe to run; the option verify: false runs it all the same, inside its memory\n${report}`,
  );
}

/** Constants are what the memory holds by now: the caller may have set some. */
function withContents(
  { maps }: CollectionSpec,
  made: ReadonlyMap<string, VmMap>,
  memory: VmMemory,
): ReadonlyMap<string, MapSpec> {
  const known = new Map(maps);
  const mark = memory.mark();
  const key = memory.allocate(4);
  for (const [name, map] of maps) {
    const address = map.frozen && map.data !== undefined ? made.get(name)?.lookup(key) : undefined;
    if (address === undefined || address === 0) continue;
    known.set(name, { ...map, data: memory.bytes.slice(address, address + map.valueSize) });
  }
  memory.release(mark);
  return known;
}
