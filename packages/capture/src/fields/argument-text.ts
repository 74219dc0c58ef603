import type { CaptureEvent } from "../event/capture-event.ts";
import { readUnsigned } from "../event/number64.ts";
import { PARAMETER, type ParameterInfo } from "../events/event-table.ts";
import {
  dynamicType,
  errorName,
  namedValues,
  signalName,
  systemCallOfCode,
} from "../events/value-names.ts";
import { TRANSPORT } from "../scap/entries.ts";
import { ipv4Text, ipv6Text, readIpv4 } from "../state/address.ts";
import { AT_FDCWD, cwdOf } from "../state/directory.ts";
import { fdTypeChar, type FdInfo } from "../state/fd-info.ts";
import { AF, tupleText, unixPath } from "../state/handlers/packed.ts";
import { joinPath } from "../text/join-path.ts";
import { printable } from "../text/printable.ts";
import { dateTimeText } from "./time-text.ts";

/** A parameter as text, and what it stands for where that says more: `3` and `<f>/etc/passwd`. */
export interface ArgumentText {
  readonly raw: string;
  /** Empty when there is nothing to say. */
  readonly resolved: string;
}

const NO_ID = 0xffff_ffff;
const PRINTS_NULL: ReadonlySet<number> = new Set([
  PARAMETER.bytebuf,
  PARAMETER.socktuple,
  PARAMETER.fdlist,
  PARAMETER.charbufArray,
  PARAMETER.charbufPairArray,
  PARAMETER.dyn,
]);
const TEXTS: ReadonlySet<number> = new Set([
  PARAMETER.charbuf,
  PARAMETER.fspath,
  PARAMETER.fsrelpath,
]);
const EXACT_FLAGS: ReadonlySet<number> = new Set([
  PARAMETER.enum8,
  PARAMETER.enum16,
  PARAMETER.enum32,
]);

/** Writes parameter `index` as `evt.arg` shows it. */
export function argumentText(event: CaptureEvent, index: number): ArgumentText {
  const info = event.info.parameters[index];
  if (info === undefined) return plain("");
  if (!event.has(index) && !TEXTS.has(info.type))
    return plain(PRINTS_NULL.has(info.type) ? "NULL" : "<NA>");
  if (info.type !== PARAMETER.dyn) return writeTyped(event, index, info, info.type, 0);
  const type = dynamicType(info.table, event.bytes[event.offsetOf(index)] ?? 0);
  return type === undefined
    ? plain("INVALID DYNAMIC PARAMETER")
    : writeTyped(event, index, info, type, 1);
}

function plain(raw: string): ArgumentText {
  return { raw, resolved: "" };
}

// `skip` bytes of the parameter say its type.
function writeTyped(
  event: CaptureEvent,
  index: number,
  info: ParameterInfo,
  type: number,
  skip: number,
): ArgumentText {
  const value = (): number | bigint => numberAt(event, index, skip);
  switch (type) {
    case PARAMETER.fd:
    case PARAMETER.fd32:
      return descriptorText(event, Number(value()));
    case PARAMETER.pid:
    case PARAMETER.pid32: {
      const pid = Number(value());
      return { raw: `${pid}`, resolved: event.host().threads.find(pid)?.comm ?? "" };
    }
    case PARAMETER.errno: {
      const result = value();
      return { raw: `${result}`, resolved: result < 0 ? errorName(Number(result)) : "" };
    }
    case PARAMETER.charbuf:
      return plain(skip === 0 ? event.text(index) : unixPath(event, index, skip));
    case PARAMETER.fspath:
    case PARAMETER.fsrelpath:
      return pathText(event, index, info);
    case PARAMETER.bytebuf:
      return plain(bytesText(event, index, skip));
    case PARAMETER.sockaddr:
      return plain(addressText(event, index));
    case PARAMETER.socktuple:
      return plain(tupleText(event, index));
    case PARAMETER.fdlist:
      return plain(fdListText(event, index));
    case PARAMETER.syscallId: {
      const code = event.u32(index);
      const name = systemCallOfCode(code);
      return name === "" ? plain("<unknown syscall>") : { raw: `${code}`, resolved: name };
    }
    case PARAMETER.sigtype: {
      const signal = Number(value());
      return { raw: `${signal}`, resolved: signalName(signal) ?? "" };
    }
    case PARAMETER.reltime: {
      const ns = BigInt.asUintN(64, BigInt(value()));
      if (ns === 0xffff_ffff_ffff_ffffn) return plain("none");
      return { raw: `${ns}`, resolved: `${shortNumber(Number(ns) / 1e9)}s` };
    }
    case PARAMETER.abstime:
      return plain(dateTimeText(BigInt.asUintN(64, BigInt(value())), true));
    case PARAMETER.flags8:
    case PARAMETER.flags16:
    case PARAMETER.flags32:
    case PARAMETER.enum8:
    case PARAMETER.enum16:
    case PARAMETER.enum32: {
      const bits = Number(value()) >>> 0;
      return { raw: `${bits}`, resolved: flagNames(bits, info.table, EXACT_FLAGS.has(type)) };
    }
    case PARAMETER.mode: {
      const bits = Number(value()) >>> 0;
      return { raw: numberText(bits, info.format), resolved: modeNames(bits, info.table) };
    }
    case PARAMETER.uid:
      return idText(event, Number(value()) >>> 0, true);
    case PARAMETER.gid:
      return idText(event, Number(value()) >>> 0, false);
    case PARAMETER.sigset:
      return plain(signalSetText(Number(value()) >>> 0));
    default:
      return plain(numberText(signedFor(type, value()), info.format));
  }
}

// The number of a parameter: signed when its length is 8 or its type says so, else unsigned.
function numberAt(event: CaptureEvent, index: number, skip: number): number | bigint {
  const offset = event.offsetOf(index) + skip;
  const { view } = event;
  switch (event.lengthOf(index) - skip) {
    case 1:
      return signedType(event, index) ? view.getInt8(offset) : view.getUint8(offset);
    case 2:
      return signedType(event, index) ? view.getInt16(offset, true) : view.getUint16(offset, true);
    case 4:
      return signedType(event, index) ? view.getInt32(offset, true) : view.getUint32(offset, true);
    case 8:
      return view.getBigInt64(offset, true);
    default:
      return 0;
  }
}

function signedType(event: CaptureEvent, index: number): boolean {
  const type = event.info.parameters[index]?.type ?? 0;
  return type <= PARAMETER.int64 || type === PARAMETER.fd32 || type === PARAMETER.pid32;
}

// Unsigned numbers of 32 bits print as if they were signed.
function signedFor(type: number, value: number | bigint): number | bigint {
  return type === PARAMETER.uint32 ? Number(value) | 0 : value;
}

function numberText(value: number | bigint, format: number): string {
  const bits = typeof value === "bigint" ? BigInt.asUintN(64, value) : value >>> 0;
  switch (format) {
    case 2:
      return bits.toString(16).toUpperCase();
    case 3:
      return value.toString().padStart(9, "0");
    case 6:
      return value === 0 || value === 0n ? "0" : `0${bits.toString(8)}`;
    default:
      return value.toString();
  }
}

// Six significant digits, as printf's %g.
function shortNumber(value: number): string {
  if (value === 0) return "0";
  const exponent = Math.floor(Math.log10(Math.abs(Number(value.toPrecision(6)))));
  if (exponent < -4 || exponent >= 6) {
    const [digits = "", power = "0"] = value.toExponential(5).split("e");
    const sign = power.startsWith("-") ? "-" : "+";
    return `${trimZeros(digits)}e${sign}${power.replace(/^[+-]/, "").padStart(2, "0")}`;
  }
  return trimZeros(value.toFixed(Math.max(0, 5 - exponent)));
}

function trimZeros(text: string): string {
  return text.includes(".") ? text.replace(/\.?0+$/, "") : text;
}

function descriptorText(event: CaptureEvent, number: number): ArgumentText {
  const raw = `${number}`;
  const thread = event.shownThread;
  if (thread === undefined) return plain(raw);
  if (number === AT_FDCWD) return { raw, resolved: "AT_FDCWD" };
  if (number < 0) return { raw, resolved: errorName(number) };
  const fd = thread.fdTable?.get(number);
  if (fd === undefined) return plain(raw);
  return {
    raw,
    resolved: `<${fdTypeChar(fd.kind)}${transportChar(fd)}>${printable(fd.name)}`,
  };
}

function transportChar(fd: FdInfo): string {
  if (!fd.isConnection && !fd.isListening) return "";
  switch (fd.shownTransport) {
    case TRANSPORT.tcp:
      return "t";
    case TRANSPORT.udp:
      return "u";
    case TRANSPORT.icmp:
      return "i";
    case TRANSPORT.raw:
      return "r";
    default:
      return "";
  }
}

function pathText(event: CaptureEvent, index: number, info: ParameterInfo): ArgumentText {
  const path = event.text(index);
  const raw = printable(path);
  const thread = event.shownThread;
  if (thread === undefined) return { raw, resolved: raw };
  if (path === "<NA>" || path === "" || path.startsWith("/")) return plain(raw);
  return { raw, resolved: printable(joinPath(baseOf(event, info), path)) };
}

function baseOf(event: CaptureEvent, info: ParameterInfo): string {
  const thread = event.shownThread;
  if (thread === undefined) return "";
  const at = info.table === undefined ? -1 : Number(info.table);
  if (info.type !== PARAMETER.fsrelpath || event.info.parameters[at]?.type !== PARAMETER.fd)
    return cwdOf(thread);
  const number = event.i64(at);
  if (number === AT_FDCWD) return cwdOf(thread);
  const name = thread.fdTable?.get(number)?.name ?? "";
  if (name === "") return "";
  return printable(name.endsWith("/") ? name : `${name}/`);
}

function bytesText(event: CaptureEvent, index: number, skip: number): string {
  const start = event.offsetOf(index) + skip;
  const end = event.offsetOf(index) + event.lengthOf(index);
  let text = "";
  for (let i = start; i < end; i++) {
    const byte = event.bytes[i] ?? 0;
    text += byte >= 32 && byte < 127 ? String.fromCharCode(byte) : ".";
  }
  return text;
}

function addressText(event: CaptureEvent, index: number): string {
  const { bytes, view } = event;
  const at = event.offsetOf(index);
  const length = event.lengthOf(index);
  switch (bytes[at]) {
    case AF.unix:
      return unixPath(event, index, 1);
    case AF.inet:
      if (length !== 7) return "INVALID IPv4";
      return `${ipv4Text(readIpv4(bytes, at + 1))}:${view.getUint16(at + 5, true)}`;
    case AF.inet6:
      if (length !== 19) return "INVALID IPv6";
      return `${ipv6Text(bytes.subarray(at + 1, at + 17))}:${view.getUint16(at + 17, true)}`;
    default:
      return `family ${bytes[at] ?? 0}`;
  }
}

function fdListText(event: CaptureEvent, index: number): string {
  const table = event.shownThread?.fdTable;
  const at = event.offsetOf(index);
  const stated = event.lengthOf(index) < 2 ? 0 : event.view.getUint16(at, true);
  const count = Math.min(stated, Math.floor((event.lengthOf(index) - 2) / 10));
  const parts: string[] = [];
  for (let i = 0; i < count; i++) {
    const fd = readUnsigned(event.view, at + 2 + 10 * i);
    const events = event.view.getInt16(at + 10 + 10 * i, true) >>> 0;
    const known = typeof fd === "number" ? table?.get(fd) : undefined;
    parts.push(`${fd}:${known === undefined ? "?" : fdTypeChar(known.kind)}${events.toString(16)}`);
  }
  return parts.join(" ");
}

function flagNames(bits: number, table: string | undefined, exact: boolean): string {
  const names: string[] = [];
  let left = bits;
  for (const { name, value } of namedValues(table)) {
    const fits = exact
      ? value === bits
      : value === 0
        ? bits === 0
        : left !== 0 && (left & value) >>> 0 === value;
    if (!fits) continue;
    if (!exact) left = (left & ~value) >>> 0;
    names.push(name);
    if (!exact && value === bits) break;
  }
  return names.join("|");
}

function modeNames(bits: number, table: string | undefined): string {
  const names: string[] = [];
  let left = bits;
  for (const { name, value } of namedValues(table)) {
    if (value === bits) {
      names.push(name);
      break;
    }
    if (value === 0 || left === 0 || (left & value) >>> 0 !== value) continue;
    names.push(name);
    left = (left & ~value) >>> 0;
  }
  return names.join("|");
}

function idText(event: CaptureEvent, id: number, user: boolean): ArgumentText {
  if (id === NO_ID) return { raw: "-1", resolved: "<NONE>" };
  const thread = event.shownThread;
  const { users } = event.host();
  const container = thread?.containerId ?? "";
  const name =
    thread === undefined
      ? undefined
      : user
        ? users.user(container, id)?.name
        : users.group(container, id);
  return {
    raw: `${id | 0}`,
    resolved: name === undefined || name === "" ? "<NA>" : printable(name),
  };
}

function signalSetText(set: number): string {
  const names: string[] = [];
  for (let bit = 0; bit < 32; bit++) {
    const name = (set >>> bit) & 1 ? signalName(bit + 1) : undefined;
    if (name !== undefined) names.push(name);
  }
  return names.join(" ");
}
