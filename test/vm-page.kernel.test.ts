// The runtime in a browser: no module of Node is pulled in, and both engines count packets.
import assert from "node:assert/strict";

import { kernelTest } from "@ocelli/testkit";

import { serveModules } from "./support/module-server.ts";

kernelTest(
  "@ocelli/vm verifies and compiles a program, runs it over packets and shows its map in a browser",
  { tools: ["chromium"], timeoutMs: 60_000 },
  async () => {
    await using server = await serveModules("test/pages/vm.ts", ["bpf", "vm"]);
    // Here, as guests of the kernel matrix have neither a browser nor this package.
    const { chromium } = await import("playwright-core");
    await using browser = await chromium.launch({
      executablePath: "/usr/bin/chromium",
      args: ["--no-sandbox"],
    });
    const page = await browser.newPage();
    const errors: string[] = [];
    page.on("pageerror", (error) => errors.push(error.message));
    page.on("console", (message) => {
      if (message.type() === "error") errors.push(message.text());
    });
    await page.goto(server.url);
    await page.waitForFunction("globalThis.done === true", undefined, { timeout: 30_000 });
    assert.deepEqual(errors, []);
    const text = await page.innerText("body");
    const shown = [
      "drop 1000, pass 2000",
      "protocol 1: 1000",
      "protocol 6: 1000",
      "protocol 17: 1000",
    ];
    assert.deepEqual(
      text.split("\n").filter((line) => line.trim() !== ""),
      ["verified", "vm-verify-packet", "jit", ...shown, "interpreter", ...shown],
    );
    const folders = new Set(server.asked.map((path) => path.split("/").slice(1, 3).join("/")));
    assert.deepEqual([...folders].toSorted(), ["packages/bpf", "packages/vm", "test/pages"]);
  },
);
