import assert from "node:assert/strict";
import { mkdirSync, rmdirSync, rmSync, writeFileSync } from "node:fs";

import { mapSpec } from "@ocelli/bpf";
import { kernelTest, refusingKernel, sentenceOf } from "@ocelli/testkit";

import { createMap } from "../map/create.ts";
import { ERRNO } from "../port/errno.ts";
import { openKernel } from "../port/koffi.ts";
import { mountBpffs } from "./bpffs.ts";
import { openPinned, pinObject } from "./pin.ts";

const real = openKernel();
const FOLDER = `/tmp/ocelli-errors-pin-${process.pid}`;
const ALL = "all capabilities are there: a security module may refuse it";

/** Runs `act` while a BPF file system is mounted at FOLDER. */
function onBpffs(act: () => string): string {
  mkdirSync(FOLDER);
  try {
    mountBpffs(real, FOLDER);
    return act();
  } finally {
    real.syscall("umount2", new TextEncoder().encode(`${FOLDER}\0`), 0);
    rmdirSync(FOLDER);
  }
}

function pin(errno: keyof typeof ERRNO, path: string): string {
  using map = createMap(real, mapSpec({ name: "flows", type: "array", valueSize: 4 }));
  const kernel = refusingKernel({ commands: { obj_pin: ERRNO[errno] } });
  return sentenceOf(() => {
    pinObject(kernel, map.fd, path);
  });
}

function open(errno: keyof typeof ERRNO): string {
  const kernel = refusingKernel({ commands: { obj_get: ERRNO[errno] } });
  return sentenceOf(() => openPinned(kernel, `${FOLDER}/x`));
}

const FAILURES: readonly [what: string, act: () => string, says: string][] = [
  [
    "pinObject() without the rights",
    () => onBpffs(() => pin("EACCES", `${FOLDER}/x`)),
    `permission: Cannot pin at "${FOLDER}/x": EACCES, ${ALL}`,
  ],
  [
    "pinObject() without memory",
    () => onBpffs(() => pin("ENOMEM", `${FOLDER}/x`)),
    `limit: Cannot pin at "${FOLDER}/x": ENOMEM`,
  ],
  [
    "openPinned() without the rights",
    () => onBpffs(() => open("EPERM")),
    `permission: Cannot open the object pinned at "${FOLDER}/x": EPERM, ${ALL}`,
  ],
  [
    "openPinned() beyond the limit of descriptors",
    () => onBpffs(() => open("EMFILE")),
    `limit: Cannot open the object pinned at "${FOLDER}/x": EMFILE`,
  ],
  [
    "mountBpffs() without the rights",
    () => sentenceOf(() => mountBpffs(refusingKernel({ calls: { mount: ERRNO.EPERM } }), "/tmp")),
    'permission: Cannot mount a BPF file system at "/tmp" as CAP_SYS_ADMIN is missing: EPERM',
  ],
  [
    "mountBpffs() at a file",
    () => {
      writeFileSync(FOLDER, "");
      try {
        return sentenceOf(() => mountBpffs(real, FOLDER));
      } finally {
        rmSync(FOLDER);
      }
    },
    `system: Cannot mount a BPF file system at "${FOLDER}": ENOTDIR`,
  ],
];

for (const [what, act, says] of FAILURES)
  kernelTest(`${what} says what is wrong`, {}, () => {
    assert.equal(act(), says);
  });
