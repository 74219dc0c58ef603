import { LinuxError } from "../error.ts";
import { Fd } from "../fd.ts";
import { codeOfErrno, ERRNO, errnoName, systemError } from "../port/errno.ts";
import type { Kernel } from "../port/kernel.ts";
import {
  decodeAttributes,
  decodeMessages,
  encodeMessage,
  REQUEST_FLAGS,
  textOf,
  type NetlinkAttribute,
  type NetlinkMessage,
} from "./message.ts";

const AF_NETLINK = 16;
const SOCK_RAW = 3;
const SOCK_CLOEXEC = 0x80000;
const NETLINK_ROUTE = 0;
const SOL_SOCKET = 1;
const SO_RCVTIMEO = 20;
const SOL_NETLINK = 270;
const NETLINK_CAP_ACK = 10;
const NETLINK_EXT_ACK = 11;
const MSG_TRUNC = 0x20;
const TYPE_ERROR = 2;
const TYPE_DONE = 3;
const FLAG_CAPPED = 0x100;
const FLAG_ACK_TLVS = 0x200;
const EXT_ACK_MESSAGE = 1;
// The kernel fills at most 32 KiB at a time (net/netlink/af_netlink.c, netlink_dump).
const RECEIVE_BYTES = 64 << 10;

/** What to ask: the fixed struct that `type` wants, and attributes. */
export interface NetlinkRequest {
  readonly type: number;
  /** Beyond `request` and `ack`, which are set here. */
  readonly flags?: number;
  readonly fixed: Uint8Array;
  readonly attributes?: readonly NetlinkAttribute[];
}

/**
 * A route netlink socket that asks and waits for the answer. It speaks for the network namespace in which it was
 * opened. A request takes 10 to 50 µs; one that stays unanswered for two seconds throws.
 */
export class NetlinkSocket implements Disposable {
  readonly #kernel: Kernel;
  readonly #fd: Fd;
  #sequence = 0;

  constructor(kernel: Kernel) {
    const fd = kernel.syscall("socket", AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
    if (fd < 0) throw systemError("Cannot open a netlink socket", fd);
    this.#kernel = kernel;
    this.#fd = new Fd(kernel, fd);
    const on = new Uint8Array(Int32Array.of(1).buffer);
    // Errors in words exist since Linux 4.12; a kernel that refuses them still answers with numbers.
    kernel.syscall("setsockopt", fd, SOL_NETLINK, NETLINK_EXT_ACK, on, on.length);
    kernel.syscall("setsockopt", fd, SOL_NETLINK, NETLINK_CAP_ACK, on, on.length);
    const timeout = new Uint8Array(BigInt64Array.of(2n, 0n).buffer);
    kernel.syscall("setsockopt", fd, SOL_SOCKET, SO_RCVTIMEO, timeout, timeout.length);
  }

  /**
   * Sends a request and returns the messages of the answer, without acknowledgements. `action` begins the error's
   * message, which ends with the kernel's own words where it has some.
   */
  request(action: string, request: NetlinkRequest): NetlinkMessage[] {
    this.#sequence += 1;
    const flags = REQUEST_FLAGS.request | REQUEST_FLAGS.ack | (request.flags ?? 0);
    const bytes = encodeMessage(
      request.type,
      flags,
      this.#sequence,
      request.fixed,
      request.attributes ?? [],
    );
    const sent = this.#kernel.syscall("sendto", this.#fd.value, bytes, bytes.length, 0, null, 0);
    if (sent < 0) throw systemError(action, sent);
    const answer: NetlinkMessage[] = [];
    for (;;) {
      for (const message of this.#receive(action)) {
        if (message.sequence !== this.#sequence) continue;
        if (message.type === TYPE_DONE || message.type === TYPE_ERROR) {
          throwFailure(action, message);
          return answer;
        }
        answer.push(message);
      }
    }
  }

  #receive(action: string): NetlinkMessage[] {
    const buffer = new Uint8Array(RECEIVE_BYTES);
    const length = this.#kernel.syscall(
      "recvfrom",
      this.#fd.value,
      buffer,
      buffer.length,
      MSG_TRUNC,
      null,
      null,
    );
    if (length === -ERRNO.EAGAIN)
      throw new LinuxError("system", `${action}: no answer came for two seconds (EAGAIN)`, -length);
    if (length < 0) throw systemError(action, length);
    if (length > buffer.length)
      throw new LinuxError(
        "limit",
        `${action}: the kernel's answer has ${length} bytes, ${buffer.length} are the limit`,
      );
    return decodeMessages(buffer.subarray(0, length));
  }

  /** Closes the socket. */
  [Symbol.dispose](): void {
    this.#fd[Symbol.dispose]();
  }
}

// NLMSG_ERROR:  0 i32 error, 4 the request's header or, unless capped, the whole request; then extended attributes
function throwFailure(action: string, message: NetlinkMessage): void {
  const { payload } = message;
  const view = new DataView(payload.buffer, payload.byteOffset, payload.byteLength);
  const error = payload.length >= 4 ? view.getInt32(0, true) : 0;
  if (error >= 0) return;
  let words: string | undefined;
  if ((message.flags & FLAG_ACK_TLVS) !== 0) {
    const capped = message.type === TYPE_DONE || (message.flags & FLAG_CAPPED) !== 0;
    const head = message.type === TYPE_DONE ? 0 : 16;
    const rest = capped || payload.length < 8 ? head : (view.getUint32(4, true) + 3) & ~3;
    words = textOf(decodeAttributes(payload, 4 + rest).get(EXT_ACK_MESSAGE));
  }
  const reason = words === undefined ? errnoName(-error) : `${words} (${errnoName(-error)})`;
  throw new LinuxError(codeOfErrno(-error), `${action}: ${reason}`, -error);
}
