// Signals: who sends which to whom.
import { char, comm, config, i32, pid, ringBuf, struct, tracepoint, u32 } from "@ocelli/compiler";

/** Only this signal; 0 means all. */
export const signal = config(i32, 0);

const Sent = struct("sent", {
  pid: u32,
  target: i32,
  signal: i32,
  /** What became of it: 0 delivered, 1 ignored, 2 already pending, 3 and 4 lost. */
  result: i32,
  comm: char(16),
  to: char(16),
});
/** A record per signal. */
export const sent = ringBuf(Sent);

/** A signal is made, in the context of its sender. */
export const onSignal = tracepoint("signal/signal_generate", (ctx) => {
  if (signal.value !== 0 && signal.value !== ctx.sig) return;
  sent.emit((e) => {
    e.pid = pid();
    e.target = ctx.pid;
    e.signal = ctx.sig;
    e.result = ctx.result;
    comm(e.comm);
    e.to = ctx.comm;
  });
});
