import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { suite } from "node:test";

import { CLANG_PACKAGE, fixturePath, kernelTest } from "@ocelli/testkit";

import { Fd } from "../fd.ts";
import { openKernel } from "../port/koffi.ts";

const FSCONFIG_SET_STRING = 1;
const FSCONFIG_CMD_CREATE = 6;
const kernel = openKernel();

// Runs as root of a user namespace, without a right over the host. Each line that it reads lets it go on.
const CHILD = `
import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { readCollection } from "@ocelli/bpf";
import { btfSupport, createToken, loadCollection, openKernel, probeFeatures } from "@ocelli/linux";

const kernel = openKernel();
const attempt = (act) => {
  try {
    return act();
  } catch (error) {
    return error.code;
  }
};
const context = kernel.syscall("fsopen", new TextEncoder().encode("bpf\\0"), 0);
const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
console.log(context);
await lines.next();
const mount = kernel.syscall("fsmount", context, 0, 0);
const spec = readCollection(readFileSync(process.argv[1])).value;
const names = (collection) => [[...collection.programs.keys()], [...collection.maps.keys()]];
const without = attempt(() => names(loadCollection(spec)));
const token = attempt(() => createToken(kernel, "/proc/self/fd/" + mount));
const tokenFd = token.value;
const loaded = attempt(() => names(loadCollection(spec, { tokenFd })));
const support = tokenFd === undefined ? token : btfSupport(kernel, tokenFd).func;
const found = tokenFd === undefined ? undefined : probeFeatures(kernel, tokenFd);
const answers = [
  found?.programTypes.get("socket_filter").answer,
  found?.mapTypes.get("hash").answer,
  found?.instructions.get("v3").answer,
];
console.log(JSON.stringify({ mounted: mount >= 0, without, loaded, support, answers }));
process.exit();
`;

/** What the child found with a bpffs to which `options` delegate. */
async function delegate(options: Readonly<Record<string, string>>): Promise<unknown> {
  const node = [process.execPath, "--conditions=development", "--no-warnings"];
  const child = spawn(
    "unshare",
    ["-U", "-r", "-m", ...node, "--input-type=module", "--eval", CHILD, fixturePath("cli-demo")],
    { cwd: import.meta.dirname, stdio: ["pipe", "pipe", "inherit"] },
  );
  try {
    const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    const next = async (): Promise<string> => {
      const { value, done } = await lines.next();
      return done === true ? "" : value;
    };
    const context = Number(await next());
    using process = new Fd(kernel, kernel.syscall("pidfd_open", child.pid ?? 0, 0));
    using shared = new Fd(kernel, kernel.syscall("pidfd_getfd", process.value, context, 0));
    const encode = (text: string): Uint8Array => new TextEncoder().encode(`${text}\0`);
    // Only a process with CAP_SYS_ADMIN over the host may delegate, or make a bpffs at all; its user namespace is that of the
    // process that opened the context.
    for (const [key, value] of Object.entries(options))
      assert.equal(
        kernel.syscall(
          "fsconfig",
          shared.value,
          FSCONFIG_SET_STRING,
          encode(key),
          encode(value),
          0,
        ),
        0,
        key,
      );
    const created = kernel.syscall("fsconfig", shared.value, FSCONFIG_CMD_CREATE, null, null, 0);
    assert.equal(created, 0);
    child.stdin.write("\n");
    return JSON.parse(await next());
  } finally {
    child.kill();
  }
}

suite("createToken()", () => {
  kernelTest(
    "lets a process of a user namespace load what was delegated to it",
    { needs: ["token"], tools: [CLANG_PACKAGE] },
    async () => {
      const all = { delegate_cmds: "any", delegate_maps: "any", delegate_progs: "any" };
      assert.deepEqual(await delegate({ ...all, delegate_attachs: "any" }), {
        mounted: true,
        without: "permission",
        loaded: [
          ["drop_short", "count_calls"],
          ["counts", "calls", ".rodata", ".bss"],
        ],
        support: true,
        answers: ["yes", "yes", "yes"],
      });
    },
  );

  kernelTest(
    "is refused where nothing was delegated",
    { needs: ["token"], tools: [CLANG_PACKAGE] },
    async () => {
      assert.deepEqual(await delegate({}), {
        mounted: true,
        without: "permission",
        loaded: "permission",
        support: "permission",
        answers: [null, null, null],
      });
    },
  );
});
