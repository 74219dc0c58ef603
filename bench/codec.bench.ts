// Reading records of six fields out of a buffer: the generated reader beside a loop over the same fields and beside
// code written by hand. Goal: 0.8 of the hand-written one. Needs nothing.
import { char, struct, u16, u32, u53, u8, type Codec, type FieldCodec } from "@ocelli/linux";

import { compare } from "./support/measure.ts";

const RECORDS = 10_000;

const fields = { pid: u32, tid: u32, bytes: u53, port: u16, proto: u8, flags: u8 };
const flow = struct(fields);
const view = new DataView(new ArrayBuffer(flow.size * RECORDS));
for (let i = 0; i < RECORDS; i += 1) view.setUint32(i * flow.size, i, true);

const places: FieldCodec[] = [];
let end = 0;
for (const [name, codec] of Object.entries(fields)) {
  places.push({ name, offset: end, codec });
  end += codec.size;
}

const loop: Codec<Record<string, unknown>>["read"] = (from, offset) => {
  const found: Record<string, unknown> = {};
  for (const { name, offset: at, codec } of places) found[name] = codec.read(from, offset + at);
  return found;
};

const byHand = (from: DataView, offset: number) => ({
  pid: from.getUint32(offset, true),
  tid: from.getUint32(offset + 4, true),
  bytes: from.getUint32(offset + 8, true) + from.getUint32(offset + 12, true) * 2 ** 32,
  port: from.getUint16(offset + 16, true),
  proto: from.getUint8(offset + 18),
  flags: from.getUint8(offset + 19),
});

function contender(name: string, read: (from: DataView, offset: number) => { pid?: unknown }) {
  return {
    name,
    run: () => {
      let sum = 0;
      const start = performance.now();
      for (let i = 0; i < RECORDS; i += 1) sum += Number(read(view, i * flow.size).pid);
      const ms = performance.now() - start;
      if (sum !== (RECORDS * (RECORDS - 1)) / 2) throw new Error(`${name} read ${sum}`);
      return RECORDS / ms / 1000;
    },
  };
}

await compare(
  "Reading records of six fields",
  "M records/s",
  [
    contender("by hand", byHand),
    contender("generated", (from, offset) => flow.read(from, offset)),
    contender("loop", loop),
  ],
  { rounds: 201, warmUp: 50 },
);

// Keeps `char` measured too: text is what costs most in a record.
const named = struct({ ...fields, comm: char(16) });
const names = new DataView(new ArrayBuffer(named.size * RECORDS));
await compare("With a name of 16 bytes", "M records/s", [
  {
    name: "generated",
    run: () => {
      let length = 0;
      const start = performance.now();
      for (let i = 0; i < RECORDS; i += 1) length += named.read(names, i * named.size).comm.length;
      const ms = performance.now() - start;
      if (length !== 0) throw new Error(`${length} characters were read`);
      return RECORDS / ms / 1000;
    },
  },
]);
