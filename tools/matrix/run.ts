// The matrix lane: boots every kernel of the list and runs the kernel tests in it, two guests at a time.
import { existsSync, globSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { filesOfKernel, type KernelPlace } from "../test/lanes.ts";
import type { Outcome } from "../test/outcome.ts";
import type { Report } from "../test/report.ts";

import { root } from "../sources.ts";
import { cpioArchive, type CpioEntry } from "./cpio.ts";
import { providePackages } from "./download.ts";
import {
  buildFixtures,
  buildRequested,
  requestedFixture,
  type FixtureRequest,
} from "./fixtures.ts";
import type { GuestTask } from "./guest.ts";
import { initScript } from "./init-script.ts";
import { baseArchive, GUEST_ROOT, repositoryEntries } from "./initramfs.ts";
import { KERNELS, PLATFORMS, type Architecture, type MatrixKernel } from "./kernels.ts";
import { readModules } from "./modules.ts";
import { runGuest, type GuestEnd } from "./qemu.ts";
import { LOAD_STRIPPED, stripEntries } from "./stripped.ts";

/** Two guests on two cores are 20–60 % slower each, a gain in sum; more only wait for each other. */
const GUESTS = 2;

/** What to run where. */
export interface MatrixOptions {
  readonly files: readonly string[];
  readonly testName: string | undefined;
  /** Kernel series; all when undefined. */
  readonly releases: readonly string[] | undefined;
  readonly architecture: Architecture;
}

/** Where kernels and archives are kept between runs. */
const cache = process.env["OCELLI_KERNELS"] ?? join(root, ".cache/kernels");

/** Tools of Debian that tests may name and a guest does not have; clang is not needed where fixtures are built. */
function toolsMissingInGuests(): string {
  const path = join(root, "tools/debian-packages.json");
  const tools = JSON.parse(readFileSync(path, "utf8")) as { package: string }[];
  return tools
    .map((tool) => tool.package)
    .filter((name) => name !== "clang-19" && name !== "busybox-static")
    .join(" ");
}

function findKernelImage(packages: string): string {
  const [image] = globSync(["boot/vmlinuz*", "usr/lib/modules/*/vmlinuz"], { cwd: packages });
  if (image === undefined) throw new Error(`Cannot find a kernel image under ${packages}`);
  return join(packages, image);
}

async function provideKernel(kernel: MatrixKernel, architecture: Architecture): Promise<string> {
  const { debian } = PLATFORMS[architecture];
  const version = `${kernel.release.replaceAll(".", "[.]")}[.][0-9a-z.+-]*-cloud-${debian}`;
  return await providePackages(join(cache, `${debian}-${kernel.release}`), {
    suites: kernel.suites,
    architecture: debian,
    // From 7.1 on Debian has the image, the modules and the configuration in packages of their own.
    patterns: ["image", "binary", "modules", "base"].map((part) => `linux-${part}-${version}`),
  });
}

/** Writes the initramfs of one boot and gives its path. */
async function writeInitramfs(
  folder: string,
  packages: string,
  architecture: Architecture,
  task: GuestTask,
): Promise<string> {
  const modules = await readModules(packages);
  const { results } = PLATFORMS[architecture];
  const environment = `NODE_OPTIONS="--import /stripped.mjs" OCELLI_GUEST=1 OCELLI_MISSING_TOOLS="${toolsMissingInGuests()}"`;
  const command = `${environment} node --conditions=development tools/matrix/guest.ts ${results}`;
  const names = modules.map((module) => module.name);
  const text = (path: string, content: string, executable = false): CpioEntry => ({
    kind: "file",
    path,
    bytes: Buffer.from(content),
    executable,
  });
  // As on an installed Debian, where programs look for what the kernel was built with.
  const configurations = globSync("boot/config-*", { cwd: packages });
  const entries: CpioEntry[] = [
    ...configurations.map((path): CpioEntry => ({
      kind: "file",
      path,
      bytes: readFileSync(join(packages, path)),
    })),
    ...stripEntries(await repositoryEntries(cache, architecture, task.files)),
    ...modules.map(({ name, bytes }): CpioEntry => ({
      kind: "file",
      path: `modules/${name}.ko`,
      bytes,
    })),
    text("stripped.mjs", LOAD_STRIPPED),
    text("files.json", JSON.stringify(task)),
    text("init", initScript(names, GUEST_ROOT, command), true),
  ];
  const initrd = join(folder, "initrd");
  await writeFile(initrd, readFileSync(await baseArchive(cache, architecture)));
  await writeFile(initrd, cpioArchive(entries), { flag: "a" });
  return initrd;
}

/** What one boot left to do: files whose tests lacked a fixture, and the fixtures. */
interface Leftover {
  readonly files: string[];
  readonly requests: FixtureRequest[];
}

/** Boots one kernel, a second time if the first one hangs silently, and reports what its tests say. */
async function bootOnce(
  report: Report,
  lane: string,
  folder: string,
  kernel: MatrixKernel,
  task: GuestTask,
  architecture: Architecture,
): Promise<Leftover> {
  const packages = await provideKernel(kernel, architecture);
  const initrd = await writeInitramfs(folder, packages, architecture, task);
  const leftover: Leftover = { files: [], requests: [] };
  const logs = join(root, ".cache/matrix", `${PLATFORMS[architecture].debian}-${kernel.release}`);
  rmSync(logs, { recursive: true, force: true });
  mkdirSync(logs, { recursive: true });
  const ended = new Set<string>();
  let current = "";
  let outcomes: Outcome[] = [];
  let end: GuestEnd = "silent";
  for (let attempt = 0; attempt < 2 && end === "silent"; attempt += 1) {
    end = await runGuest({
      architecture,
      kernel: findKernelImage(packages),
      initrd,
      logs,
      onEvent(event) {
        if (event.kind === "start") {
          current = event.file;
          outcomes = [];
        } else if (event.kind === "outcome") {
          outcomes.push(event);
        } else if (event.kind === "end") {
          ended.add(event.file);
          const requests = outcomes
            .map((outcome) => requestedFixture(outcome.detail))
            .filter((request) => request !== undefined);
          if (requests.length > 0) {
            leftover.files.push(event.file);
            leftover.requests.push(...requests);
          } else {
            for (const outcome of outcomes) report.add(lane, outcome);
          }
        }
      },
    });
  }
  const missed = task.files.filter((file) => !ended.has(file));
  if (missed.length > 0) {
    const log = join(logs, "console.log");
    const tail = existsSync(log)
      ? readFileSync(log, "latin1").split("\n").slice(-40).join("\n")
      : "";
    const state = end === "silent" ? "did not boot" : `stopped in ${current}`;
    report.fail(lane, `the guest ${state}; ${missed.length} test files did not finish\n${tail}`);
  }
  return leftover;
}

function placeOf(kernel: MatrixKernel, { releases }: MatrixOptions): KernelPlace {
  // Whoever asks for one kernel wants all that it can say.
  if (releases !== undefined) return "only";
  if (kernel === KERNELS.at(-1)) return "newest";
  return kernel === KERNELS[0] ? "oldest" : "between";
}

async function runKernel(
  report: Report,
  kernel: MatrixKernel,
  options: MatrixOptions,
): Promise<void> {
  const suffix = options.architecture === process.arch ? "" : ` ${options.architecture}`;
  const lane = `Linux ${kernel.release}${suffix}`;
  const folder = mkdtempSync(join(tmpdir(), "ocelli-guest-"));
  report.openLane(lane);
  const boot = (files: readonly string[]): Promise<Leftover> =>
    bootOnce(
      report,
      lane,
      folder,
      kernel,
      { files, testName: options.testName },
      options.architecture,
    );
  try {
    const { files, requests } = await boot(filesOfKernel(options.files, placeOf(kernel, options)));
    if (files.length > 0) {
      for (const problem of buildRequested(requests)) report.fail(lane, problem);
      const again = await boot(files);
      for (const file of again.files) report.fail(lane, `${file} lacks a fixture that was built`);
    }
  } catch (error) {
    report.fail(lane, error instanceof Error ? error.message : String(error));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  report.closeLane(lane);
}

/** Runs `options.files` in every kernel that was asked for and adds what comes out to the report. */
export async function runMatrix(report: Report, options: MatrixOptions): Promise<void> {
  const known = KERNELS.map((kernel) => kernel.release);
  const unknown = options.releases?.find((release) => !known.includes(release));
  if (unknown !== undefined) {
    report.fail("matrix", `Cannot boot Linux "${unknown}": known are ${known.join(", ")}`);
    return;
  }
  if (options.files.length === 0) return;
  buildFixtures();
  mkdirSync(cache, { recursive: true });
  // Made once, before two guests ask for it at the same time.
  try {
    await baseArchive(cache, options.architecture);
  } catch (error) {
    report.fail("matrix", error instanceof Error ? error.message : String(error));
    return;
  }
  // The newest have most to do: they come first, so that the one that is left over at the end is short.
  const waiting = KERNELS.filter(
    ({ release }) => options.releases === undefined || options.releases.includes(release),
  ).toReversed();
  await Promise.all(
    Array.from({ length: GUESTS }, async () => {
      for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
        await runKernel(report, next, options);
      }
    }),
  );
}
