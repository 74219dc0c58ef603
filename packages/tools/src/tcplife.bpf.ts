// TCP connections from their beginning to their end: who, with whom, how long, how many bytes.
import {
  addrOf,
  array,
  be16,
  be32,
  char,
  comm,
  currentComm,
  hashMap,
  kernelStruct,
  ktimeNs,
  pid,
  readKernel,
  ringBuf,
  struct,
  tpBtf,
  u16,
  u32,
  u64,
  u8,
} from "@ocelli/compiler";

const AF_INET = 2;
const SYN_SENT = 2;
const FIN_WAIT1 = 4;
const CLOSE = 7;
const LAST_ACK = 9;

const Owner = struct("life_owner", { pid: u32, comm: char(16) });
const births = hashMap({ key: u64, value: u64, maxEntries: 10_240 });
const owners = hashMap({ key: u64, value: Owner, maxEntries: 10_240 });

const Life = struct("life", {
  /** Nanoseconds. */
  duration: u64,
  /** Bytes that came in, and bytes of ours that were acknowledged. */
  received: u64,
  sent: u64,
  pid: u32,
  family: u16,
  local: u16,
  remote: be16,
  from: be32,
  to: be32,
  from6: array(u8, 16),
  to6: array(u8, 16),
  comm: char(16),
});
/** A record per connection that ended. */
export const lives = ringBuf(Life);

/** Every change of a socket's state. Sockets are told apart by their address. */
export const onState = tpBtf("inet_sock_set_state", (sk, _before, now) => {
  const socket = addrOf(sk);
  if (now < FIN_WAIT1) births.set(socket, ktimeNs());
  // In these two states the change is made by the process; in others often by whatever was interrupted.
  if (now === SYN_SENT || now === LAST_ACK) {
    owners.set(socket, { pid: pid(), comm: currentComm() }, "noexist");
  }
  if (now !== CLOSE) return;
  const born = births.lookup(socket);
  if (!born) {
    owners.delete(socket);
    return;
  }
  const tcp = kernelStruct("tcp_sock", sk);
  const family = sk.__sk_common.skc_family;
  const owner = owners.lookup(socket);
  lives.emit((e) => {
    e.duration = ktimeNs() - born.value;
    e.received = tcp.bytes_received;
    e.sent = tcp.bytes_acked;
    e.family = family;
    e.local = sk.__sk_common.skc_num;
    e.remote = sk.__sk_common.skc_dport;
    if (owner) {
      e.pid = owner.pid;
      e.comm = owner.comm;
    } else {
      e.pid = pid();
      comm(e.comm);
    }
    if (family === AF_INET) {
      e.from = sk.__sk_common.skc_rcv_saddr;
      e.to = sk.__sk_common.skc_daddr;
    } else {
      readKernel(e.from6, sk.__sk_common.skc_v6_rcv_saddr);
      readKernel(e.to6, sk.__sk_common.skc_v6_daddr);
    }
  });
  births.delete(socket);
  owners.delete(socket);
});
