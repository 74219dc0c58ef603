import { spawn } from "node:child_process";
import { closeSync, existsSync, openSync, readSync } from "node:fs";
import { join } from "node:path";

import { eventDecoder, type TestEvent } from "../test/outcome.ts";
import { PLATFORMS, type Architecture } from "./kernels.ts";

/** Time until the guest's first word. A boot takes 2–5 s; 1 in about 170 hangs before the kernel's first message. */
const BOOT_MS = 90_000;
/** Time between two words of a guest; single tests have limits of their own below this. */
const SILENCE_MS = 320_000;
const POLL_MS = 200;

/** No KVM: a machine that is a guest itself often has a /dev/kvm that does not work. */
const GUEST =
  "-accel tcg,thread=multi -smp 2 -m 2048 -display none -monitor none -no-reboot -nic none";

/** One boot. */
export interface GuestRun {
  readonly architecture: Architecture;
  readonly kernel: string;
  readonly initrd: string;
  /** Folder for the logs of the serial ports; they stay there for a look afterwards. */
  readonly logs: string;
  readonly onEvent: (event: TestEvent) => void;
}

/** How a boot ended: `silent` when the guest never spoke, `dead` when it stopped before it was done. */
export type GuestEnd = "done" | "silent" | "dead";

/** Reads what a growing file has got since the last call. */
function follow(path: string): () => string {
  let offset = 0;
  const buffer = Buffer.alloc(64 * 1024);
  return () => {
    if (!existsSync(path)) return "";
    const file = openSync(path, "r");
    let text = "";
    for (;;) {
      const count = readSync(file, buffer, 0, buffer.length, offset);
      if (count === 0) break;
      offset += count;
      text += buffer.toString("latin1", 0, count);
    }
    closeSync(file);
    return text;
  };
}

/** Boots a guest under emulation, without disk and network, and waits until it is off; the time is bounded. */
export function runGuest(run: GuestRun): Promise<GuestEnd> {
  const platform = PLATFORMS[run.architecture];
  const console = join(run.logs, "console.log");
  const shared = platform.results === `/dev/${platform.console}`;
  const results = shared ? console : join(run.logs, "results.log");
  const [program = "", ...machine] = platform.qemu;
  const settings = [
    `console=${platform.console}`,
    "quiet",
    // Ends QEMU at once on a panic, together with -no-reboot.
    "panic=-1",
    // A sixth less work for the emulator; programs that root loads are verified the same way.
    "mitigations=off",
    "init_on_alloc=0",
    // The default of 5.10 lacks bpf: programs would load and never run.
    "lsm=lockdown,capability,yama,bpf",
  ];
  const args = [
    ...machine,
    ...GUEST.split(" "),
    "-serial",
    `file:${console}`,
    ...(shared ? [] : ["-serial", `file:${results}`]),
    "-kernel",
    run.kernel,
    "-initrd",
    run.initrd,
    "-append",
    settings.join(" "),
  ];
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { stdio: ["ignore", "inherit", "inherit"] });
    let end: GuestEnd = "silent";
    let heard = performance.now();
    const decode = eventDecoder((event) => {
      end = event.kind === "done" ? "done" : "dead";
      run.onEvent(event);
    });
    const read = follow(results);
    const poll = (): void => {
      const text = read();
      if (text !== "") {
        heard = performance.now();
        decode(text);
      } else if (performance.now() - heard > (end === "silent" ? BOOT_MS : SILENCE_MS)) {
        child.kill("SIGKILL");
      }
    };
    const timer = setInterval(poll, POLL_MS);
    child.on("error", (cause) => {
      clearInterval(timer);
      const install = `install ${platform.qemuPackage}`;
      reject(new Error(`Cannot run ${program}: ${cause.message}: ${install}`, { cause }));
    });
    child.on("close", () => {
      clearInterval(timer);
      poll();
      resolve(end);
    });
  });
}
