// TCP connections that processes open, by the socket's state rather than by a function's name.
import {
  array,
  be16,
  be32,
  char,
  comm,
  pid,
  readKernel,
  ringBuf,
  struct,
  tpBtf,
  u16,
  u32,
  u8,
  uid,
} from "@ocelli/compiler";

const AF_INET = 2;
const SYN_SENT = 2;

const Connect = struct("connect", {
  pid: u32,
  uid: u32,
  family: u16,
  port: be16,
  /** IPv4. */
  from: be32,
  to: be32,
  /** IPv6. */
  from6: array(u8, 16),
  to6: array(u8, 16),
  comm: char(16),
});
/** A record per attempt. */
export const connects = ringBuf(Connect);

/** The state becomes SYN_SENT in the process that calls connect(2). */
export const onState = tpBtf("inet_sock_set_state", (sk, _before, now) => {
  if (now !== SYN_SENT) return;
  const { skc_family: family } = sk.__sk_common;
  connects.emit((e) => {
    e.pid = pid();
    e.uid = uid();
    e.family = family;
    e.port = sk.__sk_common.skc_dport;
    comm(e.comm);
    if (family === AF_INET) {
      e.from = sk.__sk_common.skc_rcv_saddr;
      e.to = sk.__sk_common.skc_daddr;
    } else {
      readKernel(e.from6, sk.__sk_common.skc_v6_rcv_saddr);
      readKernel(e.to6, sk.__sk_common.skc_v6_daddr);
    }
  });
});
