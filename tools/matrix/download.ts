// Debian packages through an apt configuration of its own: nothing is installed, and the machine's package state stays
// as it is.
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from "node:fs";
import { writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

import { runCommand } from "./command.ts";

const KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg";

/** What to fetch. */
export interface PackageRequest {
  readonly suites: readonly string[];
  /** Debian's name of the architecture, e.g. `amd64`. */
  readonly architecture: string;
  /** Regular expressions of whole package names; the newest match of each that the mirror still has is unpacked. */
  readonly patterns: readonly string[];
}

/** The mirror that this machine uses, or Debian's own. */
async function findMirror(): Promise<string> {
  const args = ["indextargets", "--format", "$(REPO_URI)", "Created-By: Packages"];
  const uris = (await runCommand("apt-get", args)).toString().split("\n");
  const mirror = uris.find((uri) => /\/debian\/*$/.test(uri)) ?? "http://deb.debian.org/debian";
  return mirror.replace(/\/*$/, "");
}

/** `linux-image-6.1.0-56-…` after `linux-image-6.1.0-9-…`. */
function byVersion(a: string, b: string): number {
  return a.localeCompare(b, "en", { numeric: true });
}

async function fillFolder(folder: string, request: PackageRequest): Promise<void> {
  const mirror = await findMirror();
  for (const part of ["lists/partial", "cache/archives/partial", "deb", "root"]) {
    mkdirSync(join(folder, part), { recursive: true });
  }
  const sources = request.suites.map((suite) => {
    const uri = suite.endsWith("-security") ? `${mirror}-security` : mirror;
    return `deb [arch=${request.architecture} signed-by=${KEYRING}] ${uri} ${suite} main\n`;
  });
  writeFileSync(join(folder, "sources.list"), sources.join(""));
  const settings = [
    `Dir::Etc::sourcelist=${folder}/sources.list`,
    "Dir::Etc::sourceparts=/dev/null",
    `Dir::State::lists=${folder}/lists`,
    "Dir::State::status=/dev/null",
    `Dir::Cache=${folder}/cache`,
    `APT::Architecture=${request.architecture}`,
    `APT::Architectures=${request.architecture}`,
    "Acquire::Languages=none",
    "Acquire::Retries=3",
    "APT::Sandbox::User=root",
  ].flatMap((setting) => ["-o", setting]);
  await runCommand("apt-get", [...settings, "-qq", "update"]);
  const names = (await runCommand("apt-cache", [...settings, "pkgnames"])).toString().split("\n");
  for (const pattern of request.patterns) {
    const whole = new RegExp(`^(?:${pattern})$`);
    // A listed package can be gone from the mirror: then the next older one serves.
    for (const name of names
      .filter((other) => whole.test(other))
      .toSorted(byVersion)
      .reverse()) {
      const download = [...settings, "-qq", "download", name];
      const failed = await runCommand("apt-get", download, join(folder, "deb")).catch(
        (error: unknown) => error,
      );
      if (!(failed instanceof Error)) break;
      console.log(failed.message);
    }
  }
  for (const deb of readdirSync(join(folder, "deb"))) {
    await runCommand("dpkg", ["-x", join(folder, "deb", deb), join(folder, "root")]);
  }
}

/**
 * The folder with the unpacked packages of a request. The first call downloads; later ones find it beside `folder`, under
 * that name and a hash of the request. It appears only when it is complete.
 */
export async function providePackages(folder: string, request: PackageRequest): Promise<string> {
  const hash = createHash("sha256").update(JSON.stringify(request)).digest("hex");
  const target = `${folder}-${hash.slice(0, 8)}`;
  if (existsSync(target)) return target;
  if (!existsSync(KEYRING)) {
    throw new Error(
      `Cannot download Debian packages without ${KEYRING}: install debian-archive-keyring`,
    );
  }
  mkdirSync(dirname(target), { recursive: true });
  const draft = mkdtempSync(`${target}.`);
  try {
    await fillFolder(draft, request);
    if (readdirSync(join(draft, "deb")).length === 0) {
      throw new Error(
        `Cannot find a Debian package like ${request.patterns.join(" or ")} for ` +
          `${request.architecture} in ${request.suites.join(", ")}`,
      );
    }
    // Another run may have been faster; either folder is as good.
    if (!existsSync(target)) renameSync(join(draft, "root"), target);
  } finally {
    rmSync(draft, { recursive: true, force: true });
  }
  return target;
}
