// Every change of a TCP connection's state, and how long it was in the one before.
import {
  addrOf,
  be16,
  be32,
  char,
  comm,
  hashMap,
  i32,
  ktimeNs,
  pid,
  ringBuf,
  struct,
  tpBtf,
  u16,
  u32,
  u64,
} from "@ocelli/compiler";

const CLOSE = 7;

const times = hashMap({ key: u64, value: u64, maxEntries: 10_240, lru: true });

const Change = struct("change", {
  /** Nanoseconds; 0 when the beginning was not seen. */
  duration: u64,
  pid: u32,
  before: i32,
  now: i32,
  local: u16,
  remote: be16,
  from: be32,
  to: be32,
  comm: char(16),
});
/** A record per change. */
export const changes = ringBuf(Change);

/** Runs in whatever process was interrupted, if it is not the connection's own. */
export const onState = tpBtf("inet_sock_set_state", (sk, before, now) => {
  const socket = addrOf(sk);
  const time = ktimeNs();
  const start = times.lookup(socket);
  changes.emit((e) => {
    if (start) e.duration = time - start.value;
    e.pid = pid();
    e.before = before;
    e.now = now;
    e.local = sk.__sk_common.skc_num;
    e.remote = sk.__sk_common.skc_dport;
    e.from = sk.__sk_common.skc_rcv_saddr;
    e.to = sk.__sk_common.skc_daddr;
    comm(e.comm);
  });
  if (now === CLOSE) times.delete(socket);
  else times.set(socket, time);
});
