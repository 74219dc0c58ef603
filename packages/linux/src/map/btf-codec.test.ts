import assert from "node:assert/strict";
import { suite, test } from "node:test";

import { createBtfBuilder, readBtf, readCollection, type Btf } from "@ocelli/bpf";
import { CLANG_PACKAGE, fixture } from "@ocelli/testkit";
import * as fc from "fast-check";

import { LinuxError } from "../error.ts";
import { bitfield } from "./bitfield.ts";
import { codecFromBtf } from "./btf-codec.ts";
import { decodeValue, encodeValue, type Codec } from "./codec.ts";

const missing = (process.env["OCELLI_MISSING_TOOLS"] ?? "").includes(CLANG_PACKAGE);
const needsClang = { skip: missing ? `needs the Debian package ${CLANG_PACKAGE}` : false };

function refusal(action: () => unknown): string {
  try {
    action();
  } catch (error) {
    if (error instanceof LinuxError) return `${error.code}: ${error.message}`;
    if (error instanceof Error) return `${error.name}: ${error.message}`;
  }
  return "accepted";
}

function sample(): { btf: Btf; data: Uint8Array } {
  const spec = readCollection(fixture("map-types"));
  assert.ok(spec.ok);
  const data = spec.value.maps.get(".data")?.data;
  const { btf } = spec.value;
  assert.ok(btf !== undefined && data !== undefined);
  return { btf, data };
}

suite("codecFromBtf()", () => {
  test("reads what a compiler laid out, and writes the same bytes", needsClang, () => {
    const { btf, data } = sample();
    const [id = 0] = btf.idsByName("flow", "struct");
    const flow = codecFromBtf(btf, id);
    const [variable = 0] = btf.idsByName("sample", "var");
    const expected = {
      active: true,
      name: "ocelli",
      delta: -5,
      flags: 5,
      kind: 1000,
      sign: -9,
      large: 0xabcdef012345678n,
      word: 0x04030201,
      bytes: [1, 2, 3, 4],
      peer: { port: 80, address: 0x7f000001 },
      verdict: -1,
      wide: 0x123456789abcdefn,
      total: 1n << 63n,
      balance: -7n,
      pointer: 0x1000n,
      matrix: [
        [1, 2, 3],
        [-4, -5, -6],
      ],
      huge: -2n,
    };
    assert.deepEqual(decodeValue(codecFromBtf(btf, variable), data), expected);
    const dirty = new Uint8Array(flow.size).fill(0xff);
    flow.write(new DataView(dirty.buffer), 0, expected);
    assert.deepEqual(dirty, data.slice(0, flow.size));
  });

  test("gives names of enums and plain numbers when asked to", needsClang, () => {
    const { btf, data } = sample();
    const [id = 0] = btf.idsByName("flow", "struct");
    const codec = codecFromBtf(btf, id, { wide: "number", enums: "name" });
    const { verdict, wide, balance, pointer } = codec.read(
      new DataView(data.slice().buffer),
      0,
    ) as Record<string, unknown>;
    assert.deepEqual(
      { verdict, wide, balance, pointer },
      { verdict: "REDIRECT", wide: "HUGE_VALUE", balance: -7, pointer: 0x1000n },
    );
    const [enumId = 0] = btf.idsByName("verdict", "enum");
    const named = codecFromBtf(btf, enumId, { enums: "name" });
    assert.deepEqual(encodeValue(named, "DROP"), Uint8Array.of(2, 0, 0, 0));
    assert.equal(decodeValue(named, Uint8Array.of(9, 0, 0, 0)), 9);
    assert.equal(
      refusal(() => encodeValue(named, "LOST")),
      'RangeError: Cannot write "LOST" as enum "verdict": its names are PASS, DROP, REDIRECT',
    );
  });

  test("reads a whole data section by the names of its variables", needsClang, () => {
    const { btf, data } = sample();
    const [id = 0] = btf.idsByName(".data", "datasec");
    const values = decodeValue(codecFromBtf(btf, id), data) as Record<string, unknown>;
    assert.deepEqual(Object.keys(values), ["sample", "counter"]);
    assert.equal(values["counter"], 42);
  });

  test("refuses types without values", () => {
    const builder = createBtfBuilder();
    const forward = builder.add({ kind: "fwd", name: "later", target: "struct" });
    const circle = builder.add({
      kind: "struct",
      name: "circle",
      size: 4,
      members: [{ name: "inner", typeId: forward + 1, offsetBits: 0, bitfieldBits: 0 }],
    });
    const nameless = builder.add({
      kind: "struct",
      name: "nest",
      size: 4,
      members: [{ name: "", typeId: builder.endId, offsetBits: 0, bitfieldBits: 0 }],
    });
    const odd = builder.add({
      kind: "int",
      name: "int24_t",
      size: 3,
      bits: 24,
      offsetBits: 0,
      encoding: "signed",
    });
    const btf = readBtf(builder.write());
    assert.ok(btf.ok);
    assert.equal(
      refusal(() => codecFromBtf(btf.value, nameless)),
      `invalid: Cannot make a codec for type ${nameless}: it is nested deeper than 32 levels`,
    );
    assert.equal(
      refusal(() => codecFromBtf(btf.value, odd)),
      `invalid: Cannot make a codec for type ${odd}: an integer of 3 bytes is not known`,
    );
    assert.equal(
      refusal(() => codecFromBtf(btf.value, forward)),
      `invalid: Cannot make a codec for type ${forward}: a fwd has no values`,
    );
    assert.equal(
      refusal(() => codecFromBtf(btf.value, 0)),
      "invalid: Cannot make a codec for type 0: a void has no values",
    );
    assert.equal(
      refusal(() => codecFromBtf(btf.value, 99)),
      "invalid: Cannot make a codec for type 99: there is no such type",
    );
    assert.equal(
      refusal(() => codecFromBtf(btf.value, circle)),
      `invalid: Cannot make a codec for type ${circle}: it is nested deeper than 32 levels`,
    );
  });
});

suite("bitfield()", () => {
  test("reads back what it wrote and leaves the bits around it alone", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 63 }),
        fc.integer({ min: 1, max: 64 }),
        fc.boolean(),
        fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
        fc.uint8Array({ minLength: 24, maxLength: 24 }),
        (offsetBits, bits, signed, random, bytes) => {
          const exact = signed ? BigInt.asIntN(bits, random) : BigInt.asUintN(bits, random);
          const { offset, codec } = bitfield(offsetBits, bits, signed);
          const value = bits <= 32 ? Number(exact) : exact;
          const number = (from: Uint8Array): bigint =>
            from.reduceRight((all, byte) => (all << 8n) | BigInt(byte), 0n);
          const before = number(bytes);
          const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
          // Both kinds take the value that fits their width.
          (codec as Codec<unknown>).write(view, offset, value);
          assert.equal(codec.read(view, offset), value);
          const mask = ((1n << BigInt(bits)) - 1n) << BigInt(offsetBits);
          assert.equal(number(bytes) & ~mask, before & ~mask);
          assert.equal((number(bytes) & mask) >> BigInt(offsetBits), BigInt.asUintN(bits, exact));
        },
      ),
    );
  });

  test("refuses values that are too large", () => {
    const small = bitfield(0, 3, true).codec as Codec<unknown>;
    assert.equal(
      refusal(() => encodeValue(small, 4)),
      "RangeError: Cannot write 4 as a bit field of 3 bits",
    );
    const large = bitfield(0, 60, false).codec as Codec<unknown>;
    assert.equal(
      refusal(() => encodeValue(large, -1n)),
      "RangeError: Cannot write -1 as a bit field of 60 bits",
    );
  });
});
