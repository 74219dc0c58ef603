import assert from "node:assert/strict";
import { spawn, spawnSync, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";

import { kernelTest } from "@ocelli/testkit";
import type { Page } from "playwright-core";

import { ocelliArguments } from "./support/cli.ts";

const needs = { tools: ["chromium"], timeoutMs: 60_000 };
const root = join(import.meta.dirname, "..");

/** An agent of its own on a free port. */
interface RunningAgent extends AsyncDisposable {
  readonly url: string;
  readonly process: ChildProcess;
}

async function startAgent(...args: readonly string[]): Promise<RunningAgent> {
  const child = spawn(process.execPath, ocelliArguments(["start", "--port", "0", ...args]), {
    stdio: ["ignore", "pipe", "inherit"],
  });
  for await (const line of createInterface(child.stdout)) {
    const url = /^The page: (http:\/\/\S+)$/.exec(line)?.[1];
    if (url === undefined) continue;
    // What follows is read and thrown away, so that the pipe stays empty.
    child.stdout.resume();
    return {
      url,
      process: child,
      [Symbol.asyncDispose]: async () => {
        child.kill("SIGINT");
        await once(child, "close");
      },
    };
  }
  throw new Error("The agent ended before it had a page");
}

async function openPage(
  colorScheme: "light" | "dark",
): Promise<{ readonly page: Page; readonly errors: string[] } & AsyncDisposable> {
  // Here, as guests of the kernel matrix have neither a browser nor this package.
  const { chromium } = await import("playwright-core");
  const browser = await chromium.launch({
    executablePath: "/usr/bin/chromium",
    args: ["--no-sandbox"],
  });
  const page = await browser.newPage({ viewport: { width: 1280, height: 800 }, colorScheme });
  const errors: string[] = [];
  page.on("pageerror", (error) => errors.push(error.message));
  page.on("console", (message) => {
    if (message.type() === "error") errors.push(message.text());
  });
  return { page, errors, [Symbol.asyncDispose]: () => browser.close() };
}

/** Screenshots stay where a person looks for them; OCELLI_SCREENSHOTS names another folder. */
async function keep(page: Page, name: string): Promise<void> {
  const folder = process.env["OCELLI_SCREENSHOTS"] ?? join(root, ".cache/screenshots");
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, `${name}.png`), await page.screenshot());
}

kernelTest(
  "the page shows what happens on this host, filters it, pauses, and tells of alerts",
  needs,
  async () => {
    await using agent = await startAgent("--for", "50");
    await using browser = await openPage("dark");
    const { page, errors } = browser;
    await page.goto(`${agent.url}#/events`);
    await page.getByText("connected", { exact: true }).waitFor();

    const name = `ocelli-page-${process.pid}`;
    const path = join(tmpdir(), name);
    const look = (): void => {
      spawnSync("cat", [`/nowhere/${name}`]);
    };
    await page.getByLabel("Filter").fill(`type=openat failed ${name}`);
    look();
    const rows = page.getByRole("option").filter({ hasText: "ENOENT/nowhere" });
    await rows.first().waitFor();
    assert.match(
      (await rows.first().textContent()) ?? "",
      new RegExp(`catopenatENOENT/nowhere/${name}$`),
    );
    assert.equal(new URL(page.url()).hash, `#/events?filter=type%3Dopenat+failed+${name}`);
    await rows.first().click();
    await page.getByLabel("Details").getByText(`/nowhere/${name}`).first().waitFor();

    await page.getByRole("button", { name: "Pause" }).click();
    const before = await rows.count();
    look();
    await page.getByText(/paused \([1-9][\d,]* more\)/).waitFor();
    assert.equal(await rows.count(), before);
    await page.getByRole("button", { name: "Go on" }).click();
    await rows.nth(before).waitFor();
    await keep(page, "events-dark");

    // A program from a folder for temporary files is what one of the built-in rules is about.
    writeFileSync(path, readFileSync("/bin/true"), { mode: 0o755 });
    try {
      spawnSync(path);
    } finally {
      rmSync(path);
    }
    await page.getByRole("link", { name: /^Alerts/ }).click();
    const alert = page.getByRole("listitem").filter({ hasText: path }).first();
    await alert.getByRole("link").click();
    await page.getByLabel("Alert").getByText(path).first().waitFor();
    assert.match(new URL(page.url()).hash, /^#\/alerts\?alert=\d+$/);

    await page.getByRole("link", { name: "Processes" }).click();
    await page.getByLabel("Find").fill(String(process.pid));
    await page
      .getByRole("treeitem")
      .filter({ hasText: String(process.pid) })
      .first()
      .waitFor();

    await page.getByRole("link", { name: "Overview" }).click();
    await page.getByText("nothing since the start").waitFor();
    assert.deepEqual(errors, []);
  },
);

kernelTest("the page shows the shipped recording to a user without rights", needs, async () => {
  const child = spawnSync(
    process.execPath,
    ocelliArguments(["start", "--port", "0", "--for", "0.2"]),
    {
      encoding: "utf8",
      uid: 65_534,
      gid: 65_534,
      env: { ...process.env, HOME: "/nonexistent" },
    },
  );
  assert.equal(
    child.stdout.split("\n")[0],
    "Showing a recording, over and over, as this host cannot be watched: run it as root, e.g. with sudo",
  );
  const recording = join(root, "packages/cli/recordings/demo.ocelli.gz");
  await using agent = await startAgent("--replay", recording, "--for", "50");
  await using browser = await openPage("light");
  const { page, errors } = browser;
  await page.goto(`${agent.url}#/overview`);
  // The recording has its intruder after three seconds.
  await page
    .getByText("The password file /etc/shadow was read by cat")
    .waitFor({ timeout: 30_000 });
  await keep(page, "recording-overview");
  await page.getByRole("link", { name: "Processes" }).click();
  await page.getByText("docker:5ca1ab1e5ca1").first().waitFor();
  await keep(page, "recording-processes");
  assert.deepEqual(errors, []);
});

kernelTest(
  "the agent refuses requests of other sites and answers those of tools",
  needs,
  async () => {
    await using agent = await startAgent("--for", "30");
    const get = async (path: string, headers: Record<string, string> = {}): Promise<number> =>
      (await fetch(`${agent.url}${path}`, { headers })).status;
    assert.deepEqual(
      [
        await get("healthz"),
        await get("metrics"),
        await get("api/events", { origin: "http://evil.example" }),
        await get("api/events", { "sec-fetch-site": "cross-site", "sec-fetch-mode": "cors" }),
        await get("..%2f..%2fpackage.json"),
        await get("nothing"),
      ],
      [200, 200, 403, 403, 404, 404],
    );
  },
);
