import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";

import type { CliContext } from "../context.ts";
import { RefusedError, UsageError } from "../exit.ts";
import { observe } from "../observe/observe.ts";
import { serve, type ServeFlags } from "./serve.ts";

const fixture = join(import.meta.dirname, "../../../flow/fixtures/flows.ndjson");

interface Run {
  readonly context: CliContext;
  readonly written: { stdout: string; stderr: string };
  readonly stop: AbortController;
  readonly firstOutput: Promise<void>;
}

function start(): Run {
  const stop = new AbortController();
  const written = { stdout: "", stderr: "" };
  const first = Promise.withResolvers<void>();
  const stream = (name: keyof typeof written): unknown => ({
    isTTY: false,
    write: (text: string) => {
      written[name] += text;
      first.resolve();
      return true;
    },
  });
  // The commands write to two streams and wait for an end: that is all of a process they touch.
  const context = {
    process: { stdout: stream("stdout"), stderr: stream("stderr"), env: {} },
    interrupted: () => stop.signal,
  } as unknown as CliContext;
  return { context, written, stop, firstOutput: first.promise };
}

const flags: ServeFlags = {
  flows: fixture,
  listen: "127.0.0.1:0",
  nodeName: "prod/alpha",
  metrics: ["drop"],
  metricsListen: "127.0.0.1:0",
  json: true,
};

test("serve() serves an export and its metrics until it is interrupted", async () => {
  const server = start();
  const done = serve(server.context, flags);
  await server.firstOutput;
  const report = JSON.parse(server.written.stdout) as Record<string, string>;
  assert.deepEqual(
    { ...report, address: "", metrics: "" },
    { address: "", flows: 13, node: "prod/alpha", metrics: "" },
  );
  const client = start();
  await observe(client.context, [
    "--server",
    report["address"] ?? "",
    "-t",
    "drop",
    "--first",
    "1",
  ]);
  assert.equal(
    client.written.stdout,
    "Mar  4 10:20:02.250: shop/cart-7f:50002 (ID:5001) <> shop/db-0:22 (ID:5002) Policy denied by denylist DROPPED (TCP Flags: SYN)\n",
  );
  const answer = await fetch(report["metrics"] ?? "");
  assert.equal(
    await answer.text(),
    [
      "# HELP hubble_drop_total Number of drops",
      "# TYPE hubble_drop_total counter",
      'hubble_drop_total{protocol="TCP",reason="POLICY_DENY"} 1',
      'hubble_drop_total{protocol="UDP",reason="POLICY_DENIED"} 1',
      "# HELP hubble_lost_events_total Number of lost events",
      "# TYPE hubble_lost_events_total counter",
      'hubble_lost_events_total{source="perf_event_ring_buffer"} 5',
      "",
    ].join("\n"),
  );
  server.stop.abort();
  await done;
});

const REFUSED: readonly (readonly [Partial<ServeFlags>, string])[] = [
  [
    { listen: "nowhere" },
    'UsageError: Cannot use "nowhere" as address: write HOST:PORT or unix:///PATH',
  ],
  [
    { metrics: ["flow:sourceContext=x"] },
    "UsageError: unable to initialize metric 'flow': unknown context 'x'",
  ],
  [{ ringSize: 0 }, "UsageError: Cannot hold 0 flows: --ring-size takes 1 to 16777215"],
  [{ tlsCert: fixture }, "UsageError: TLS needs both --tls-cert and --tls-key"],
  [
    { tlsClientCa: fixture },
    "UsageError: --tls-client-ca needs --tls-cert and --tls-key beside it",
  ],
  [
    { flows: "/nonexistent" },
    "RefusedError: Cannot read /nonexistent: ENOENT: no such file or directory, open '/nonexistent'",
  ],
];

for (const [change, wanted] of REFUSED) {
  test(`serve() refuses ${JSON.stringify(change).replaceAll(fixture, "FILE")}`, async () => {
    await assert.rejects(serve(start().context, { ...flags, ...change }), (error) => {
      assert.ok(error instanceof UsageError || error instanceof RefusedError);
      return String(error) === wanted;
    });
  });
}
