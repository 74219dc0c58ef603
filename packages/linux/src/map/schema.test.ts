import assert from "node:assert/strict";
import { suite, test } from "node:test";

import * as fc from "fast-check";

import { parseCpuList } from "../cpu.ts";
import { decodeValue, encodeValue, type Codec, type CodecValue } from "./codec.ts";
import {
  array,
  be16,
  be32,
  bool,
  bytes,
  char,
  f32,
  f64,
  i16,
  i32,
  i53,
  i64,
  i8,
  u16,
  u32,
  u53,
  u64,
  u8,
} from "./schema.ts";
import { record, struct } from "./struct.ts";

function refusal(action: () => unknown): string {
  try {
    action();
  } catch (error) {
    if (error instanceof Error) return `${error.name}: ${error.message}`;
  }
  return "accepted";
}

function roundTrip<T>(codec: Codec<T>, values: fc.Arbitrary<T>): void {
  fc.assert(
    fc.property(values, (value) => {
      assert.deepEqual(decodeValue(codec, encodeValue(codec, value)), value);
    }),
    { numRuns: 60 },
  );
}

suite("schema", () => {
  test("every codec reads back what it wrote", () => {
    const whole = (bits: number, signed: boolean) =>
      signed
        ? fc.integer({ min: -(2 ** (bits - 1)), max: 2 ** (bits - 1) - 1 })
        : fc.integer({ min: 0, max: 2 ** bits - 1 });
    roundTrip(u8, whole(8, false));
    roundTrip(i8, whole(8, true));
    roundTrip(u16, whole(16, false));
    roundTrip(i16, whole(16, true));
    roundTrip(u32, whole(32, false));
    roundTrip(i32, whole(32, true));
    roundTrip(be16, whole(16, false));
    roundTrip(be32, whole(32, false));
    roundTrip(u64, fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }));
    roundTrip(i64, fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }));
    roundTrip(u53, fc.maxSafeNat());
    roundTrip(i53, fc.maxSafeInteger());
    roundTrip(bool, fc.boolean());
    roundTrip(f32, fc.float({ noNaN: true }));
    roundTrip(f64, fc.double({ noNaN: true }));
    roundTrip(bytes(5), fc.uint8Array({ minLength: 5, maxLength: 5 }));
    roundTrip(array(u16, 3), fc.array(whole(16, false), { minLength: 3, maxLength: 3 }));
    roundTrip(
      char(12),
      fc.string({ unit: "binary-ascii", maxLength: 12 }).filter((text) => !text.includes("\0")),
    );
    roundTrip(
      struct({ a: u8, b: u64, c: struct({ d: u16, e: array(bool, 2) }) }),
      fc.record(
        {
          a: whole(8, false),
          b: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
          c: fc.record(
            {
              d: whole(16, false),
              e: fc.array(fc.boolean(), { minLength: 2, maxLength: 2 }),
            },
            { noNullPrototype: true },
          ),
        },
        { noNullPrototype: true },
      ),
    );
  });

  test("numbers lie in little-endian order, be16 and be32 in network order", () => {
    const all = struct({ a: u16, b: be16, c: be32, d: u64 });
    assert.deepEqual(
      encodeValue(all, { a: 0x0102, b: 0x0304, c: 0x05060708, d: 0x1122334455667788n }),
      Uint8Array.of(2, 1, 3, 4, 5, 6, 7, 8, 0x88, 0x77, 0x66, 0x55, 0x44, 0x33, 0x22, 0x11),
    );
  });

  test("struct() aligns its fields as C does and writes padding as zero", () => {
    const flow = struct({ proto: u8, bytes: u64, port: be16 });
    type Flow = CodecValue<typeof flow>;
    const value: Flow = { proto: 6, bytes: 1n, port: 80 };
    assert.deepEqual([flow.size, flow.alignment], [24, 8]);
    const dirty = new Uint8Array(24).fill(0xff);
    flow.write(new DataView(dirty.buffer), 0, value);
    assert.deepEqual(
      dirty,
      Uint8Array.of(6, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 80, 0, 0, 0, 0, 0, 0),
    );
  });

  test("record() reads overlapping fields and writes those that are given", () => {
    const union = record(4, 4, [
      { name: "whole", offset: 0, codec: u32 },
      { name: "low", offset: 0, codec: u16 },
    ]);
    assert.deepEqual(decodeValue(union, Uint8Array.of(1, 2, 3, 4)), {
      whole: 0x04030201,
      low: 0x0201,
    });
    assert.deepEqual(encodeValue(union, { low: 7 }), Uint8Array.of(7, 0, 0, 0));
  });

  test("record() takes any field name as a name", () => {
    const odd = record(2, 1, [
      { name: "__proto__", offset: 0, codec: u8 },
      { name: '"]: process.exit(1), ["', offset: 1, codec: u8 },
    ]);
    assert.deepEqual(Object.entries(decodeValue(odd, Uint8Array.of(1, 2))), [
      ["__proto__", 1],
      ['"]: process.exit(1), ["', 2],
    ]);
  });

  test("values that do not fit are refused", () => {
    assert.equal(
      refusal(() => encodeValue(u8, 256)),
      "RangeError: Cannot write 256 as u8: a whole number from 0 to 255 fits",
    );
    assert.equal(
      refusal(() => encodeValue(i16, 1.5)),
      "RangeError: Cannot write 1.5 as i16: a whole number from -32768 to 32767 fits",
    );
    assert.equal(
      refusal(() => encodeValue(u64, -1n)),
      "RangeError: Cannot write -1 as u64: a whole number from 0 to 18446744073709551615 fits",
    );
    assert.equal(
      refusal(() => encodeValue(char(3), "über")),
      'RangeError: Cannot write "über" as char(3): it has 5 bytes',
    );
    assert.equal(
      refusal(() => encodeValue(bytes(2), new Uint8Array(3))),
      "RangeError: Cannot write 3 bytes as bytes(2)",
    );
    assert.equal(
      refusal(() => encodeValue(array(u8, 2), [1])),
      "RangeError: Cannot write 1 elements as an array of 2",
    );
  });
});

suite("parseCpuList()", () => {
  test("reads the kernel's lists of CPUs", () => {
    assert.deepEqual(parseCpuList("0\n"), [0]);
    assert.deepEqual(parseCpuList("0-3,8,10-11\n"), [0, 1, 2, 3, 8, 10, 11]);
  });

  test("refuses what is no list", () => {
    for (const text of ["", "a", "3-1", "0-", "0,,1", "0-999999"])
      assert.equal(parseCpuList(text), undefined);
  });
});
