// What the kernel does not undo by itself when this process ends.
const releases = new Set<() => void>();
const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

function releaseAll(): void {
  for (const release of releases) {
    try {
      release();
    } catch {
      // The process is ending: nobody is left to hear about it, and the others still need their turn.
    }
  }
  releases.clear();
}

function onSignal(signal: NodeJS.Signals): void {
  // With other listeners the application decides when to end, and "exit" comes later.
  if (process.listenerCount(signal) > 1) return;
  releaseAll();
  unhook();
  process.kill(process.pid, signal);
}

function hook(): void {
  process.on("exit", releaseAll);
  for (const signal of SIGNALS) process.on(signal, onSignal);
}

function unhook(): void {
  process.off("exit", releaseAll);
  for (const signal of SIGNALS) process.off(signal, onSignal);
}

/**
 * Runs `release` when the process exits, by itself or through SIGINT, SIGTERM or SIGHUP, until disposed of. Nothing
 * is installed while nothing waits for it. SIGKILL cannot be caught: what must survive that belongs in the journal.
 */
export function releaseOnExit(release: () => void): Disposable {
  if (releases.size === 0) hook();
  releases.add(release);
  return {
    [Symbol.dispose]: () => {
      if (releases.delete(release) && releases.size === 0) unhook();
    },
  };
}
