import assert from "node:assert/strict";
import test from "node:test";

import { containerOfCgroup } from "./container-id.ts";

const ID = "cdde3b8b16ab96f1228c45ce23e9229ee50118a16d1cf2154562c5959680c012";

test("containerOfCgroup() knows the paths of each runtime", () => {
  const found = [
    `/docker/${ID}`,
    `/system.slice/docker-${ID}.scope`,
    `/machine.slice/libpod-${ID}.scope/container`,
    `/kubepods/besteffort/pod1/${ID}`,
    `/kubepods.slice/cri-containerd-${ID}.scope`,
    `/system.slice/containerd.service/kubepods-pod.slice:cri-containerd:${ID}`,
    "/default/redis",
    "/lxc/web/init.scope",
    "/lxc.payload.db",
    "/machine.slice/machine-lxc\\x2d123\\x2dvm.scope",
    "/system.slice/bpm-router.scope",
    "/user.slice/user-1000.slice/session-1.scope",
    "/",
  ].map(containerOfCgroup);
  assert.deepEqual(found, [
    ...Array.from({ length: 6 }, () => ({ id: "cdde3b8b16ab" })),
    { id: "redis" },
    { id: "web", type: "lxc" },
    { id: "db", type: "lxc" },
    { id: "123\\x2dvm", type: "libvirt-lxc" },
    { id: "router", type: "bpm" },
    undefined,
    undefined,
  ]);
});
