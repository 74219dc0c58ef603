import { syncBuiltinESMExports } from "node:module";
import os from "node:os";

/** Calls `act` while the system says that it runs this release, e.g. `5.10.0`: what depends on its age then shows. */
export function onRelease<T>(release: string, act: () => T): T {
  const { release: real } = os;
  os.release = () => release;
  syncBuiltinESMExports();
  try {
    return act();
  } finally {
    os.release = real;
    syncBuiltinESMExports();
  }
}
