import assert from "node:assert/strict";
import { test } from "node:test";

import { kernelAddresses, kernelFunctionNames, kernelFunctions } from "./kernel-symbols.ts";

const BLOCKS = [
  "ffffffff81000000 T _stext\nffffffff81000010 t twice\nffffffff82000000 D jiffies\n",
  "ffffffff81000020 t twice\nffffffffc0000000 t open_it\t[module]\nffffffffc0000008 W weak\n",
];

test("kernelFunctions() lists functions of the kernel and of modules, and no data", () => {
  assert.deepEqual(
    [...kernelFunctions(BLOCKS)],
    [
      { name: "_stext", address: 0xffffffff81000000n },
      { name: "twice", address: 0xffffffff81000010n },
      { name: "twice", address: 0xffffffff81000020n },
      { name: "open_it", address: 0xffffffffc0000000n },
      { name: "weak", address: 0xffffffffc0000008n },
    ],
  );
  assert.deepEqual(
    [...kernelFunctionNames(BLOCKS)],
    ["_stext", "twice", "twice", "open_it", "weak"],
  );
});

test("kernelAddresses() gives what is there, by whole names", () => {
  const names = new Set(["jiffies", "open_it", "open", "it", "module"]);
  assert.deepEqual(
    [...kernelAddresses(names, BLOCKS)],
    [
      ["jiffies", 0xffffffff82000000n],
      ["open_it", 0xffffffffc0000000n],
    ],
  );
});

test("kernelAddresses() refuses names with several places, and a list without addresses", () => {
  assert.throws(() => kernelAddresses(new Set(["twice"]), BLOCKS), {
    code: "invalid",
    message:
      'Cannot find the address of kernel symbol "twice": it has several, at 0xffffffff81000010 and 0xffffffff81000020',
  });
  assert.throws(() => kernelAddresses(new Set(["a"]), ["0000000000000000 T a\n"]), {
    code: "permission",
    message:
      'Cannot find the address of kernel symbol "a": /proc/kallsyms hides addresses from this process, which needs CAP_SYSLOG and kernel.kptr_restrict below 2',
  });
});
