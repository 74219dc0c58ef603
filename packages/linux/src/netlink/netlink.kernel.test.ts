// Needs a process of its own: it moves into a network namespace of its own.
import assert from "node:assert/strict";

import { kernelTest } from "@ocelli/testkit";

import { LinuxError } from "../error.ts";
import { openKernel } from "../port/koffi.ts";
import { loadProgram } from "../program/load.ts";
import { findInterface, listInterfaces, setInterfaceUp } from "./interface.ts";
import {
  addClsact,
  addFilter,
  deleteClsact,
  deleteFilter,
  hasClsact,
  listFilters,
  listQdiscs,
} from "./tc.ts";
import { getXdp, setXdp, XDP_IF_NOEXIST, XDP_MODE_FLAGS } from "./xdp.ts";

// The tests of this file run in a network namespace of their own, with a `lo` that nobody else uses.
const CLONE_NEWNET = 0x40000000;
const kernel = openKernel();
const isolated = process.platform === "linux" && kernel.syscall("unshare", CLONE_NEWNET) === 0;
const drop = Buffer.from("b7000000010000009500000000000000", "hex");

kernelTest("listInterfaces() shows a new namespace's only interface", {}, () => {
  assert.ok(isolated);
  const [lo, ...others] = listInterfaces(kernel);
  assert.deepEqual(
    [lo?.index, lo?.name, lo?.up, lo?.type, others.filter(({ type }) => type === "")],
    [1, "lo", false, "", []],
  );
});

kernelTest("setInterfaceUp() switches an interface on and off", {}, () => {
  setInterfaceUp(kernel, "lo", true);
  assert.equal(findInterface(kernel, 1).up, true);
  setInterfaceUp(kernel, "lo", false);
  assert.equal(findInterface(kernel, "lo").up, false);
});

kernelTest("findInterface() names what is near", {}, () => {
  assert.throws(
    () => findInterface(kernel, "lo0"),
    /^LinuxError: Cannot find network interface "lo0": this network namespace has none; did you mean "lo"\?$/,
  );
  assert.throws(
    () => findInterface(kernel, 4711),
    /Cannot find network interface with index 4711: this network namespace has none; there are "lo"/,
  );
});

kernelTest("setXdp() sets, refuses and removes a program, in the kernel's words", {}, () => {
  using program = loadProgram(kernel, { type: "xdp", bytes: drop, name: "drop", license: "GPL" });
  const change = {
    interfaceIndex: 1,
    programFd: program.fd.value,
    flags: XDP_MODE_FLAGS.skb | XDP_IF_NOEXIST,
  };
  setXdp(kernel, "Cannot set", change);
  const { skb, drv, hw } = getXdp(kernel, "lo");
  assert.deepEqual([skb > 0, drv, hw], [true, 0, 0]);
  assert.throws(
    () => {
      setXdp(kernel, 'Cannot attach "drop" to "lo"', change);
    },
    (error: LinuxError) => {
      assert.equal(error.code, "busy");
      assert.equal(
        error.message,
        'Cannot attach "drop" to "lo": XDP program already attached (EBUSY)',
      );
      return true;
    },
  );
  setXdp(kernel, "Cannot remove", {
    interfaceIndex: 1,
    programFd: -1,
    flags: XDP_MODE_FLAGS.skb,
  });
  assert.deepEqual(getXdp(kernel, "lo"), { skb: 0, drv: 0, hw: 0 });
});

kernelTest("clsact filters are added, listed in order and removed", {}, (t) => {
  using program = loadProgram(kernel, {
    type: "sched_cls",
    bytes: drop,
    name: "pass",
    license: "GPL",
  });
  try {
    addClsact(kernel, "Cannot add clsact", 1);
  } catch (error) {
    if (error instanceof LinuxError && error.code === "not-found") {
      t.skip("this kernel has no clsact qdisc: the module sch_ingress is not there");
      return;
    }
    throw error;
  }
  assert.equal(hasClsact(kernel, 1), true);
  assert.deepEqual(
    listQdiscs(kernel, 1).map(({ kind }) => kind),
    ["noqueue", "clsact"].filter(
      (kind) => kind === "clsact" || listQdiscs(kernel, 1).some((qdisc) => qdisc.kind === kind),
    ),
  );
  const add = (name: string, priority: number): void => {
    addFilter(kernel, "Cannot add", {
      interfaceIndex: 1,
      direction: "ingress",
      programFd: program.fd.value,
      name,
      priority,
      handle: 1,
    });
  };
  add("second", 20);
  add("first", 10);
  const filters = listFilters(kernel, 1, "ingress");
  assert.deepEqual(
    filters.map(({ name, priority, handle }) => ({ name, priority, handle })),
    [
      { name: "first", priority: 10, handle: 1 },
      { name: "second", priority: 20, handle: 1 },
    ],
  );
  assert.deepEqual(listFilters(kernel, 1, "egress"), []);
  const first = { priority: 10, handle: 1 };
  deleteFilter(kernel, "Cannot delete", 1, "ingress", first);
  assert.throws(() => {
    deleteFilter(kernel, "Cannot delete", 1, "ingress", first);
  }, /^LinuxError: Cannot delete: .*\(?ENOENT/);
  deleteClsact(kernel, "Cannot delete clsact", 1);
  assert.equal(hasClsact(kernel, 1), false);
});
