import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { suite } from "node:test";

import { kernelTest } from "@ocelli/testkit";

import { describePermission, permissionFacts } from "./permission.ts";
import { openKernel } from "./port/koffi.ts";

const NOBODY = 65534;

/** Creates a map of a type as a user without capabilities and gives what was thrown. */
function createAsNobody(type: string): string {
  const from = (path: string): string => JSON.stringify(new URL(path, import.meta.url).href);
  const script = `
    import { createMap } from ${from("./map/create.ts")};
    import { mapSpec } from "@ocelli/bpf";
    import { openKernel } from ${from("./port/koffi.ts")};
    const kernel = openKernel();
    process.setgroups([]);
    process.setgid(${NOBODY});
    process.setuid(${NOBODY});
    try {
      createMap(kernel, mapSpec({ name: "mine", type: "${type}" }));
    } catch (error) {
      console.log(error.code + ": " + error.message);
    }
  `;
  const child = spawnSync(
    process.execPath,
    ["--conditions=development", "--no-warnings", "--input-type=module", "--eval", script],
    { encoding: "utf8", cwd: import.meta.dirname },
  );
  assert.equal(child.stderr, "");
  return child.stdout.trim();
}

suite("explainPermission()", () => {
  kernelTest("says what a user without capabilities lacks", {}, () => {
    const setting = readFileSync("/proc/sys/kernel/unprivileged_bpf_disabled", "utf8").trim();
    // Only root can look into a securityfs that is not mounted.
    const lockdown = existsSync("/sys/kernel/security/lockdown") ? {} : { lockdown: undefined };
    const facts = { ...permissionFacts(openKernel()), ...lockdown, capabilities: 0n };
    assert.equal(facts.unprivilegedDisabled, Number(setting));
    assert.equal(
      createAsNobody("lpm_trie"),
      `permission: Cannot create map "mine" of type lpm_trie: EPERM, ${describePermission(facts)}`,
    );
    assert.equal(
      createAsNobody("devmap"),
      `permission: Cannot create map "mine" of type devmap: EPERM, ${describePermission(facts, ["CAP_NET_ADMIN"])}`,
    );
  });
});
