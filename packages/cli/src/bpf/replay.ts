import { writeFile } from "node:fs/promises";
import { gunzipSync, gzipSync } from "node:zlib";

import {
  LINK_TYPE,
  readPackets,
  writePackets,
  type CapturedPacket,
  type PacketCapture,
} from "@ocelli/capture";
import { formatDiagnostic } from "@ocelli/bpf";
import { createReplayer, VmError } from "@ocelli/vm";

import type { CliContext } from "../context.ts";
import { RefusedError, UsageError } from "../exit.ts";
import { readInput } from "../input.ts";
import { toJson } from "../output/json.ts";
import { refuseInput } from "../output/refuse-input.ts";
import { openObject } from "./inspect.ts";
import { formatMaps } from "./format-maps.ts";
import { vmMapContents } from "./vm-map-contents.ts";
import { loadObjectInVm, type VmEngine } from "./vm-object.ts";

/** Flags of `ocelli bpf replay`. */
export interface ReplayFlags {
  readonly program: string;
  readonly pcap: string;
  readonly write?: string;
  readonly engine: VmEngine;
  readonly json: boolean;
}

/** A capture may unpack to so many bytes. */
const MOST_BYTES = 2 ** 31;
const ETHERNET_BYTES = 14;

/** `ocelli bpf replay`. */
export async function replay(context: CliContext, flags: ReplayFlags, path: string): Promise<void> {
  const spec = await openObject(context, path);
  if (!spec.programs.has(flags.program)) {
    const names = [...spec.programs.keys()].join(", ");
    throw new UsageError(
      `Cannot replay to "${flags.program}": "${path}" has the programs ${names}`,
    );
  }
  const capture = await openCapture(context, flags.pcap);
  const start = capture.packets[0]?.timeNs ?? 0n;
  let nowNs = 0n;
  const loaded = loadObjectInVm(spec, flags.program, flags.engine, { nowNs: () => nowNs });
  const mostBytes = capture.packets.reduce((most, { data }) => Math.max(most, data.length), 64);
  const replayer = createReplayer(loaded, flags.program, { mostBytes });

  const verdicts = new Map<string, { packets: number; bytes: number }>();
  const kept: CapturedPacket[] = [];
  let skipped = 0;
  let rewritten = 0;
  const stopped = { packet: 0, reason: "" };
  const signal = context.interrupted();
  for (const [index, packet] of capture.packets.entries()) {
    if (signal.aborted) break;
    const { data, timeNs, originalLength } = packet;
    const isEthernet = capture.interfaces[packet.interfaceIndex]?.linkType === LINK_TYPE.ethernet;
    if (!isEthernet || data.length < ETHERNET_BYTES) {
      skipped += 1;
      continue;
    }
    nowNs = timeNs > start ? timeNs - start : 0n;
    try {
      const { name, goesOn, frame } = replayer.packet(data);
      const count = verdicts.get(name) ?? { packets: 0, bytes: 0 };
      verdicts.set(name, { packets: count.packets + 1, bytes: count.bytes + data.length });
      if (Buffer.compare(frame, data) !== 0) rewritten += 1;
      if (!goesOn) continue;
      const cut = originalLength - data.length;
      kept.push({ ...packet, data: frame, originalLength: frame.length + Math.max(0, cut) });
    } catch (error) {
      if (!(error instanceof VmError)) throw error;
      Object.assign(stopped, { packet: index + 1, reason: error.message });
      break;
    }
  }
  if (flags.write !== undefined) await writeCapture(flags.write, kept, capture);
  const report = {
    packets: capture.packets.length,
    skipped,
    rewritten,
    verdicts: Object.fromEntries(verdicts),
    redirections: loaded.system.redirections.map(({ kind, target, flags: given, map }) =>
      map === undefined ? { kind, target, flags: given } : { kind, target, flags: given, map },
    ),
    printed: loaded.system.printed,
    maps: vmMapContents(loaded),
  };
  context.process.stdout.write(`${flags.json ? toJson(report) : formatReport(report)}\n`);
  if (stopped.packet !== 0)
    throw new RefusedError(`Cannot replay packet ${stopped.packet}: ${stopped.reason}`);
}

interface Report {
  readonly packets: number;
  readonly skipped: number;
  readonly rewritten: number;
  readonly verdicts: Readonly<Record<string, { readonly packets: number; readonly bytes: number }>>;
  readonly redirections: readonly unknown[];
  readonly printed: readonly string[];
  readonly maps: ReturnType<typeof vmMapContents>;
}

function formatReport(report: Report): string {
  const { packets, skipped, rewritten, verdicts, redirections, printed, maps } = report;
  const lines = [
    `${packets} packets, ${rewritten} rewritten, ${skipped} without an Ethernet header`,
  ];
  for (const [name, count] of Object.entries(verdicts))
    lines.push(`  ${name.padEnd(10)} ${count.packets} packets, ${count.bytes} bytes`);
  if (redirections.length > 0) lines.push(`${redirections.length} redirections`);
  if (printed.length > 0) lines.push("printed", ...printed.map((line) => `  ${line.trimEnd()}`));
  lines.push(...formatMaps(maps));
  return lines.join("\n");
}

async function openCapture(context: CliContext, path: string): Promise<PacketCapture> {
  const result = readPackets(unpack(path, await readInput(path)));
  if (!result.ok) throw refuseInput(path, result.diagnostics);
  for (const problem of result.value.diagnostics)
    context.process.stderr.write(`${path}: ${formatDiagnostic(problem)}\n`);
  return result.value;
}

function unpack(path: string, bytes: Uint8Array): Uint8Array {
  if (bytes[0] !== 0x1f || bytes[1] !== 0x8b) return bytes;
  try {
    return gunzipSync(bytes, { maxOutputLength: MOST_BYTES });
  } catch (cause) {
    throw new RefusedError(
      `Cannot unpack "${path}": ${cause instanceof Error ? cause.message : ""}`,
    );
  }
}

async function writeCapture(
  path: string,
  packets: readonly CapturedPacket[],
  { interfaces, format }: PacketCapture,
): Promise<void> {
  const name = path.replace(/\.gz$/, "");
  const chosen = name.endsWith(".pcapng") ? "pcapng" : name.endsWith(".pcap") ? "pcap" : format;
  const bytes = writePackets(packets, { format: chosen, interfaces });
  await writeFile(path, path.endsWith(".gz") ? gzipSync(bytes) : bytes);
}
