// TCP sockets that begin to listen.
import {
  array,
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
} from "@ocelli/compiler";

const AF_INET = 2;
const LISTEN = 10;

const Listening = struct("listening", {
  pid: u32,
  /** Connections that may wait for accept(2). */
  backlog: u32,
  family: u16,
  port: u16,
  address: be32,
  address6: array(u8, 16),
  comm: char(16),
});
/** A record per socket. */
export const listening = ringBuf(Listening);

/** The state becomes LISTEN in the process that calls listen(2), after the backlog is set. */
export const onState = tpBtf("inet_sock_set_state", (sk, _before, now) => {
  if (now !== LISTEN) return;
  listening.emit((e) => {
    e.pid = pid();
    e.backlog = sk.sk_max_ack_backlog;
    e.family = sk.__sk_common.skc_family;
    e.port = sk.__sk_common.skc_num;
    comm(e.comm);
    if (e.family === AF_INET) e.address = sk.__sk_common.skc_rcv_saddr;
    else readKernel(e.address6, sk.__sk_common.skc_v6_rcv_saddr);
  });
});
