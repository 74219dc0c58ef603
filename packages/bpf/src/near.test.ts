import assert from "node:assert/strict";
import { test } from "node:test";

import { editDistance, nearHint, nearNames } from "./near.ts";

test("nearNames() puts the nearest name first and leaves strangers out", () => {
  assert.deepEqual(nearNames("eth1", ["lo", "eth0", "eth10", "wlan0"]), ["eth0", "eth10"]);
  assert.deepEqual(nearNames("sched_swich", ["sched_switch", "sched_wakeup", "sys_enter"]), [
    "sched_switch",
  ]);
  assert.deepEqual(nearNames("zzz", ["lo", "eth0"]), []);
  assert.deepEqual(nearNames("ETH1", ["eth0"]), ["eth0"]);
});

test("nearNames() leaves out names that are a letter farther than the best", () => {
  const names = ["llist_head", "list_head", "hlist_head", "list_head"];
  assert.deepEqual(nearNames("lisst_head", names), ["list_head"]);
});

test("editDistance() counts inserted, lost, changed and swapped letters", () => {
  const pairs = [
    ["", "ab"],
    ["lms", "lsm"],
    ["conect4", "connect4"],
    ["xdp", "tc"],
  ] as const;
  assert.deepEqual(
    pairs.map(([from, to]) => editDistance(from, to)),
    [2, 1, 1, 3],
  );
});

test("nearHint() is the end of a sentence", () => {
  assert.equal(nearHint("ech0", ["eth0"]), '; did you mean "eth0"?');
  assert.equal(nearHint("eth", ["eth0", "eth1"]), '; near names are "eth0" and "eth1"');
  assert.equal(nearHint("zzz", ["eth0"]), "");
});
