import assert from "node:assert/strict";
import { test } from "node:test";

import { containerOf } from "./container.ts";

const ID = "3ad7b26ded6d8e7b23da7d48fe889434573036c27ae5a74837233de441c3601e";
const UID = "8c1f4d6e-0f8e-4a53-9d2c-0b6a7b1e2f34";

test("containerOf() knows the layouts of all runtimes, with systemd and with plain cgroups", () => {
  const of = (path: string): unknown => {
    const found = containerOf(path);
    return found === undefined ? undefined : [found.runtime, found.id, found.podUid];
  };
  const escaped = UID.replaceAll("-", "_");
  assert.deepEqual(
    [
      `/docker/${ID}`,
      `/system.slice/docker-${ID}.scope`,
      `/machine.slice/libpod-${ID}.scope`,
      `/machine.slice/libpod-${ID}.scope/container`,
      `/system.slice/containerd.service/kubepods-burstable-pod${escaped}.slice:cri-containerd:${ID}`,
      `/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod${escaped}.slice/cri-containerd-${ID}.scope`,
      `/kubepods.slice/kubepods-pod${escaped}.slice/crio-${ID}.scope`,
      `/kubepods/besteffort/pod${UID}/${ID}`,
      `/default/${ID}`,
      "/lxc.payload.web/init.scope",
      "/machine.slice/web.libvirt-lxc",
    ].map(of),
    [
      ["docker", "3ad7b26ded6d", undefined],
      ["docker", "3ad7b26ded6d", undefined],
      ["podman", "3ad7b26ded6d", undefined],
      ["podman", "3ad7b26ded6d", undefined],
      ["containerd", "3ad7b26ded6d", undefined],
      ["containerd", "3ad7b26ded6d", UID],
      ["cri-o", "3ad7b26ded6d", UID],
      ["kubernetes", "3ad7b26ded6d", UID],
      ["containerd", "3ad7b26ded6d", undefined],
      ["lxc", "web", undefined],
      ["libvirt-lxc", "web", undefined],
    ],
  );
});

test("containerOf() leaves the host's own groups alone", () => {
  for (const path of ["/", "/init.scope", "/system.slice/ssh.service", "/user.slice/user-0.slice"])
    assert.equal(containerOf(path), undefined, path);
});
