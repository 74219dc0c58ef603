import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";

import {
  createObserver,
  hubbleRoutes,
  listenRpc,
  ringEventOf,
  type RpcServer,
} from "@ocelli/agent/hubble";
import { readExportLine } from "@ocelli/flow";
import { sharedData, sharedDataMissing, sharedRows } from "@ocelli/testkit";

import type { CliContext } from "../context.ts";
import { UsageError } from "../exit.ts";
import { observe } from "./observe.ts";

const fixture = join(import.meta.dirname, "../../../flow/fixtures/flows.ndjson");

interface Outcome {
  readonly rc: number;
  readonly stdout: string;
  readonly stderr: string;
}

async function run(...words: string[]): Promise<Outcome> {
  const written = { stdout: "", stderr: "" };
  const stream = (name: keyof typeof written): unknown => ({
    isTTY: false,
    write: (text: string) => {
      written[name] += text;
      return true;
    },
  });
  const context = {
    process: { stdout: stream("stdout"), stderr: stream("stderr"), env: {}, exitCode: undefined },
    interrupted: () => new AbortController().signal,
    // The command writes to two streams and sets a code: that is all of a process it touches.
  } as unknown as CliContext;
  try {
    await observe(context, words);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    return { rc: 2, stdout: written.stdout, stderr: error.message };
  }
  return { rc: Number(context.process.exitCode ?? 0), ...written };
}

async function serveLines(lines: readonly string[]): Promise<RpcServer> {
  const observer = createObserver({ capacity: 4095, nodeName: "prod/alpha", version: "test" });
  for (const line of lines) {
    const read = readExportLine(line);
    const event = read.ok ? ringEventOf(read.value) : undefined;
    assert.ok(event);
    observer.write(event);
  }
  const served = { address: "", tlsServerName: "" };
  return await listenRpc({ routes: hubbleRoutes(observer, () => served), address: "127.0.0.1:0" });
}

function linesOf(path: string): string[] {
  return readFileSync(path, "utf8").trim().split("\n");
}

test(
  "observe() prints every recorded answer of Hubble's server as both versions of hubble do",
  { skip: sharedDataMissing("hubble/cli.ndjson") },
  async () => {
    await using server = await serveLines(linesOf(sharedData("hubble/flows.ndjson") ?? ""));
    const rows = sharedRows<Outcome & { readonly cli: string; readonly argv: readonly string[] }>(
      "hubble/cli.ndjson",
    );
    assert.equal(rows.length, 86);
    for (const { cli, argv, rc, stdout, stderr } of rows) {
      const words = [
        ...argv.slice(1),
        "--server",
        server.address,
        "--hubble-version",
        cli.slice(0, 4),
      ];
      assert.deepEqual(await run(...words), { rc, stdout, stderr }, argv.join(" "));
    }
  },
);

let server: RpcServer;
before(async () => {
  server = await serveLines(linesOf(fixture));
});
after(async () => {
  await server[Symbol.asyncDispose]();
});

test("observe() prints one line a flow, replies the way their requests went", async () => {
  const { stdout } = await run(
    "--server",
    server.address,
    "--all",
    "--print-node-name",
    "--print-policy-names",
  );
  assert.deepEqual(stdout.split("\n"), [
    "Mar  4 10:20:00.250 [prod/alpha]: shop/cart-7f:50001 (ID:5001) -> shop/db-0:5432 (ID:5002) from-endpoint FORWARDED (TCP Flags: SYN)",
    "Mar  4 10:20:01.250 [prod/alpha]: shop/cart-7f:50001 (ID:5001) <- shop/db-0:5432 (ID:5002) to-endpoint FORWARDED (TCP Flags: SYN, ACK)",
    "Mar  4 10:20:02.250 [prod/beta]: shop/cart-7f:50002 (ID:5001) <> shop/db-0:22 (ID:5002) Policy denied by denylist DROPPED (TCP Flags: SYN)",
    "Mar  4 10:20:03.250 [prod/beta]: shop/cart-7f:50003 (ID:5001) -> shop/db-0:53 (ID:5002) policy-verdict:L3-Only INGRESS DENIED BY deny (CiliumNetworkPolicy) (UDP)",
    "Mar  4 10:20:04.250 [prod/alpha]: shop/cart-7f:50004 (ID:5001) -> 10.9.0.53:53 (world) dns-request proxy FORWARDED (DNS Query api.example.org. A)",
    "Mar  4 10:20:05.250 [prod/alpha]: shop/cart-7f:50004 (ID:5001) <- 10.9.0.53:53 (world) dns-response proxy FORWARDED (x)",
    "Mar  4 10:20:06.250 [prod/alpha]: shop/cart-7f:50005 (ID:5001) -> 198.51.100.7:443 (world) to-network FORWARDED (IP Trace ID: 77; TCP Flags: ACK, PSH)",
    "Mar  4 10:20:07.250 [prod/alpha]: shop/cart-7f:50006 (ID:5001) -> shop/db-0:80 (ID:5002) http-request FORWARDED (HTTP/1.1 GET http://db.shop/a?b=<c>&d)",
    "Mar  4 10:20:08.250 [prod/alpha]: shop/cart-7f:50006 (ID:5001) <- shop/db-0:80 (ID:5002) http-response FORWARDED (y)",
    "Mar  4 10:20:09.250 [prod/beta]: 192.0.2.9 (host) <> shop/db-0 (ID:5002) to-endpoint FORWARDED (ICMPv4 DestinationUnreachable(Port))",
    "Mar  4 10:20:10.250 [prod/beta]: shop/cart-7f:1 (ID:5001) <> shop/db-0:2 (ID:5002) post-xlate-fwd TRANSLATED (SCTP)",
    "Mar  4 10:20:11.250 [prod/beta]: 02:00:00:00:00:0a (ID:0) -> 02:00:00:00:00:0b (ID:0) policy-verdict:none EGRESS AUDITED (evil^[[31m\\rname)",
    "Mar  4 10:20:12.250 EVENTS LOST: PERF_EVENT_RING_BUFFER CPU(2) 5",
    "",
  ]);
});

test("observe() reads an export as it reads a server, the newest flow included", async () => {
  const one =
    "Mar  4 10:20:13.250: shop/cart-7f:50001 (ID:5001) -> shop/db-0:5432 (ID:5002) from-endpoint FORWARDED (TCP Flags: ACK, FIN)\n";
  assert.deepEqual(await run("--input-file", fixture, "--last", "1"), {
    rc: 0,
    stdout: one,
    stderr: "",
  });
  const { stdout: fromFile } = await run("--input-file", fixture, "-ojson", "--first=2");
  const { stdout: fromServer } = await run("--server", server.address, "--json", "--first", "2");
  assert.equal(fromFile, fromServer);
});

test("observe() prints a dictionary", async () => {
  const words = [
    "--input-file",
    fixture,
    "-o",
    "dict",
    "-t",
    "policy-verdict",
    "--print-node-name",
  ];
  assert.equal(
    (await run(...words, "--time-format", "RFC1123Z", "--numeric")).stdout,
    [
      "  TIMESTAMP: Wed, 04 Mar 2026 10:20:03 +0000",
      "       NODE: prod/beta",
      "     SOURCE: 10.1.0.1:50003",
      "DESTINATION: 10.1.0.2:53",
      "       TYPE: policy-verdict:L3-Only INGRESS",
      "    VERDICT: DENIED",
      "    SUMMARY: UDP",
      "------------",
      "  TIMESTAMP: Wed, 04 Mar 2026 10:20:11 +0000",
      "       NODE: prod/beta",
      "     SOURCE: 02:00:00:00:00:0a",
      "DESTINATION: 02:00:00:00:00:0b",
      "       TYPE: policy-verdict:none EGRESS",
      "    VERDICT: AUDITED",
      "    SUMMARY: evil^[[31m\\rname",
      "------------",
      "  TIMESTAMP: Wed, 04 Mar 2026 10:20:12 +0000",
      "       NODE: prod/alpha",
      "     SOURCE: PERF_EVENT_RING_BUFFER",
      "       TYPE: EVENTS LOST",
      "    VERDICT: -",
      "    SUMMARY: CPU(2) - 5",
      "",
    ].join("\n"),
  );
});

test("observe() colours what hubble colours", async () => {
  assert.equal(
    (
      await run(
        "--input-file",
        fixture,
        "--color",
        "always",
        "--verdict",
        "DROPPED",
        "--first",
        "1",
      )
    ).stdout,
    "Mar  4 10:20:02.250: \u001b[36mshop/cart-7f:\u001b[33m50002\u001b[0m\u001b[0m \u001b[35m(ID:5001)\u001b[0m <> \u001b[36mshop/db-0:\u001b[33m22\u001b[0m\u001b[0m \u001b[35m(ID:5002)\u001b[0m Policy denied by denylist \u001b[31mDROPPED\u001b[0m (TCP Flags: SYN)\n",
  );
});

test("observe() writes JSON as Go does: proto names in order, 64 bits as text, HTML characters escaped", async () => {
  const filter = ["--port", "80", "--from-pod", "shop/cart", "--first", "1"];
  const { stdout: flows } = await run("--server", server.address, "--json", ...filter);
  assert.equal(
    flows,
    `{"flow":{"time":"2026-03-04T10:20:07.250Z","uuid":"00000000-0000-4000-8000-000000000007","verdict":"FORWARDED","IP":{"source":"10.1.0.1","destination":"10.1.0.2","ipVersion":"IPv4"},"l4":{"TCP":{"source_port":50006,"destination_port":80,"flags":{"ACK":true}}},"source":{"ID":11,"identity":5001,"cluster_name":"prod","namespace":"shop","labels":["k8s:app=cart","k8s:tier=web"],"pod_name":"cart-7f","workloads":[{"name":"cart","kind":"Deployment"}]},"destination":{"ID":12,"identity":5002,"cluster_name":"prod","namespace":"shop","labels":["k8s:app=db","k8s:io.cilium.k8s.policy.cluster=prod"],"pod_name":"db-0","workloads":[{"name":"db","kind":"Deployment"}]},"Type":"L7","node_name":"prod/alpha","l7":{"type":"REQUEST","http":{"method":"GET","url":"http://db.shop/a%20b?b=\\u003cc\\u003e\\u0026d","protocol":"HTTP/1.1","headers":[{"key":"X-Id","value":"1"}]}},"event_type":{"type":129},"destination_service":{"name":"db","namespace":"shop"},"traffic_direction":"EGRESS","is_reply":false,"trace_context":{"parent":{"trace_id":"abc"}},"Summary":"HTTP/1.1 GET http://db.shop/a?b=\\u003cc\\u003e\\u0026d"},"node_name":"prod/alpha","time":"2026-03-04T10:20:07.250Z"}\n`,
  );
});

test("observe() prints the filters that its flags ask for", async () => {
  const words = [
    "--pod",
    "cart",
    "-n",
    "shop",
    "--not",
    "--verdict",
    "DROPPED",
    "-t",
    "trace:to-stack",
    "--print-raw-filters",
  ];
  assert.equal((await run(...words)).stderr, "");
  assert.equal(
    (await run(...words)).stdout,
    [
      "allowlist:",
      `    - '{"source_pod":["shop/cart"],"event_type":[{"type":4,"match_sub_type":true,"sub_type":3}]}'`,
      `    - '{"destination_pod":["shop/cart"],"event_type":[{"type":4,"match_sub_type":true,"sub_type":3}]}'`,
      "denylist:",
      `    - '{"verdict":["DROPPED"]}'`,
      "",
    ].join("\n"),
  );
});

const MISUSES: readonly (readonly [string, string])[] = [
  ["--first 1 --last 2", "cannot set both --first and --last"],
  ["--first 1 --all", "cannot set both --first and --all"],
  ["--first 1 --follow", "cannot set both --first and --follow"],
  ["--last 1 --all", "cannot set both --last and --all"],
  ["--not", "trailing --not found in the arguments"],
  ["--not --not --pod a", "consecutive --not statements"],
  ["--ip 1.1.1.1 --pod a", "filters --ip and --pod cannot be combined"],
  ["--from-pod a/b -n c", "filters --from-pod and --namespace cannot be combined"],
  ["--from-pod a/b --from-namespace c", 'namespace conflict: "c" does not contain "a/b"'],
  ["--verdict NO", "invalid --verdict value: NO"],
  [
    "-t nope",
    "unable to parse type 'nope', not a known type name and unable to parse as numeric value",
  ],
  ["--tcp-flags SYN,X", "unknown tcp flag: X"],
  ["--http-header a", 'invalid http-header value "a", expected name:value'],
  ["-o yaml", "invalid output format: yaml"],
  ["-o table -f", "table output format is not compatible with follow mode"],
  ["--field-mask time", "compact output format is not compatible with custom field mask"],
  [
    "-o json --field-mask time,nope",
    'failed to construct field mask: invalid path "nope" for message "flow.Flow"',
  ],
  [
    "--since yesterday",
    "failed to parse the since time: failed to convert yesterday to time: write 5m or 2026-01-02T03:04:05Z",
  ],
  ["--nope", "Unknown flag --nope: see ocelli observe --help"],
  ["-fz", "Unknown flag -z in -fz: see ocelli observe --help"],
  ["--pod", "Flag --pod needs a value"],
  ["web", 'Unknown word "web": filters are flags, as in --pod web'],
];

for (const [words, message] of MISUSES) {
  test(`observe() refuses ${words}`, async () => {
    assert.deepEqual(await run(...words.split(" ")), { rc: 2, stdout: "", stderr: message });
  });
}

test("observe() says why a server cannot be reached", async () => {
  const { rc, stdout, stderr } = await run("--server", "127.0.0.1:1");
  assert.deepEqual(
    { rc, stdout, stderr },
    {
      rc: 1,
      stdout: "",
      stderr: "rpc error: code = Unavailable desc = connect ECONNREFUSED 127.0.0.1:1\n",
    },
  );
});
