import assert from "node:assert/strict";
import { test } from "node:test";

import { kernelMapName } from "./kernel-map-name.ts";

test("kernelMapName() names a section's map as libbpf does", () => {
  const names = [
    kernelMapName(".bss", "tcpconnect_bpf"),
    kernelMapName(".rodata", "tcpconnect_bpf"),
    kernelMapName(".kconfig", "a-b"),
    kernelMapName(".rodata.str1.1", "tcpconnect_bpf"),
    kernelMapName(".data.a_very_long_name", "x"),
    kernelMapName("events", "tcpconnect_bpf"),
    kernelMapName("a_map_with_a_long_name", "x"),
  ];
  assert.deepEqual(names, [
    "tcpconne.bss",
    "tcpconne.rodata",
    "a_b.kconfig",
    ".rodata.str1.1",
    ".data.a_very_lo",
    "events",
    "a_map_with_a_lo",
  ]);
});
