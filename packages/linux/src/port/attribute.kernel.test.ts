import assert from "node:assert/strict";
import { suite } from "node:test";

import { kernelTest } from "@ocelli/testkit";

import { attributeField, encodeAttribute } from "./attribute.ts";
import { openKernel } from "./koffi.ts";

const kernel = openKernel();

suite("encodeAttribute()", () => {
  kernelTest("puts numbers, names and addresses where the kernel looks for them", {}, () => {
    const create = encodeAttribute(kernel, "map_create", {
      map_type: 2,
      key_size: 0xffff_ffff,
      map_name: "sixteen and more bytes",
      map_extra: -1n,
      btf_fd: undefined,
    });
    const expected = new Uint8Array(create.length);
    expected.set([2, 0, 0, 0, 0xff, 0xff, 0xff, 0xff]);
    // The last byte of a name stays zero.
    expected.set(new TextEncoder().encode("sixteen and mor"), 28);
    expected.fill(0xff, 64, 72);
    assert.deepEqual(create, expected);
    assert.equal(attributeField("map_create", create, "key_size"), 0xffff_ffff);
    assert.throws(
      // Only a cast gets past the types.
      () => attributeField("map_create", create, "colour" as "key_size"),
      new RangeError('Cannot read field "colour" of attribute "map_create": it has no such field'),
    );
  });

  kernelTest("passes buffers by address", {}, () => {
    const info = new Uint8Array(80);
    const attribute = encodeAttribute(kernel, "info", { bpf_fd: 7, info_len: 80, info });
    const view = new DataView(attribute.buffer);
    assert.deepEqual(
      [view.getUint32(0, true), view.getUint32(4, true), view.getBigUint64(8, true)],
      [7, 80, kernel.address(info)],
    );
  });
});
