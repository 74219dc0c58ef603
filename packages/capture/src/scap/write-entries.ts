import { encodeText } from "../text/encode-text.ts";
import type { ByteSink } from "./byte-sink.ts";
import {
  FD_KIND,
  type FdEntry,
  type InterfaceEntry,
  type MachineInfo,
  type ProcessEntry,
  type SocketEnd,
  type UserEntry,
} from "./entries.ts";

const HOSTNAME_BYTES = 128;
const IPV4 = 1;
const IPV6 = 2;

/** Writes the body of a machine block. */
export function writeMachine(sink: ByteSink, machine: MachineInfo): void {
  const name = new Uint8Array(HOSTNAME_BYTES);
  name.set(encodeText(machine.hostname).subarray(0, HOSTNAME_BYTES - 1));
  sink.u32(machine.cpus).u64(machine.memoryBytes).u64(machine.maxPid).bytes(name);
  // Two reserved numbers end it.
  sink.u64(machine.bootNs).u64(machine.flags).u64(0).u64(0);
}

/** Writes an entry of a process list: what its version has room for. */
export function writeProcess(sink: ByteSink, entry: ProcessEntry, version: number): void {
  const start = sink.length;
  if (version >= 9) sink.u32(0);
  sink.u64(entry.tid).u64(entry.pid).u64(entry.ptid);
  if (version >= 6) sink.u64(entry.sid);
  if (version >= 8) sink.u64(entry.vpgid);
  sink.text(entry.comm).text(entry.exe);
  if (version >= 7) sink.text(entry.exepath);
  sink.texts(entry.args).text(entry.cwd).u64(entry.fdLimit);
  sink.u32(entry.flags).u32(entry.uid).u32(entry.gid);
  if (version >= 2) {
    sink.u32(entry.vmSizeKb).u32(entry.vmRssKb).u32(entry.vmSwapKb);
    sink.u64(entry.pageFaultsMajor).u64(entry.pageFaultsMinor);
  }
  if (version >= 3) sink.texts(entry.env);
  if (version >= 4) sink.u64(entry.vtid).u64(entry.vpid).texts(entry.cgroups);
  if (version >= 5) sink.text(entry.root);
  if (version < 9) return;
  sink.u64(entry.pidNamespaceStartNs).u32(entry.tty).u32(entry.loginUid);
  sink.u8(Number(entry.exeWritable));
  sink.u64(entry.capInheritable).u64(entry.capPermitted).u64(entry.capEffective);
  sink.u8(Number(entry.exeUpperLayer)).u64(entry.exeInode);
  sink.u64(entry.exeInodeCtimeNs).u64(entry.exeInodeMtimeNs);
  sink.u8(Number(entry.exeFromMemfd)).u8(Number(entry.exeLowerLayer)).u64(entry.pgid);
  sink.patchU32(start, sink.length - start);
}

/** Writes an entry of a descriptor list. */
export function writeFd(sink: ByteSink, entry: FdEntry, version: number): void {
  const start = sink.length;
  if (version >= 2) sink.u32(0);
  sink.u64(entry.fd).u64(entry.inode).u8(entry.kind);
  writeFdDetails(sink, entry, version);
  if (version >= 2) sink.patchU32(start, sink.length - start);
}

function writeFdDetails(sink: ByteSink, entry: FdEntry, version: number): void {
  switch (entry.kind) {
    case FD_KIND.ipv4:
    case FD_KIND.ipv6: {
      const size = entry.kind === FD_KIND.ipv4 ? 4 : 16;
      const { source, destination } = entry;
      sink.bytes(address(source, size)).bytes(address(destination, size));
      sink.u16(source?.port ?? 0).u16(destination?.port ?? 0);
      sink.u8(entry.transport);
      return;
    }
    case FD_KIND.ipv4Listening:
    case FD_KIND.ipv6Listening: {
      const size = entry.kind === FD_KIND.ipv4Listening ? 4 : 16;
      sink.bytes(address(entry.source, size)).u16(entry.source?.port ?? 0);
      sink.u8(entry.transport);
      return;
    }
    case FD_KIND.unix:
      sink.u64(entry.unixSource).u64(entry.unixDestination).text(entry.path);
      return;
    case FD_KIND.fileV2:
      sink.u32(entry.openFlags).text(entry.path);
      if (version >= 2) sink.u32(entry.device);
      return;
    case FD_KIND.unknown:
      return;
    default:
      sink.text(entry.path);
  }
}

function address(end: SocketEnd | undefined, size: number): Uint8Array {
  const bytes = new Uint8Array(size);
  bytes.set(end?.address.subarray(0, size) ?? []);
  return bytes;
}

/** Writes an entry of an interface list. */
export function writeInterface(sink: ByteSink, entry: InterfaceEntry, version: number): void {
  const name = encodeText(entry.name);
  const size = entry.address.length === 4 ? 4 : 16;
  // Its length does not count itself, unlike that of other entries.
  if (version >= 2) sink.u32(4 + 3 * size + 8 + name.length);
  sink.u16(size === 4 ? IPV4 : IPV6).u16(name.length);
  sink.bytes(entry.address).bytes(entry.netmask).bytes(entry.broadcast);
  sink.u64(entry.linkSpeed).bytes(name);
}

/** Writes an entry of a user list. */
export function writeUser(sink: ByteSink, entry: UserEntry, version: number): void {
  const start = sink.length;
  if (version >= 2) sink.u32(0);
  if (entry.kind === "user")
    sink.u8(0).u32(entry.uid).u32(entry.gid).text(entry.name).text(entry.home).text(entry.shell);
  else sink.u8(1).u32(entry.gid).text(entry.name);
  if (version >= 2) sink.patchU32(start, sink.length - start);
}
