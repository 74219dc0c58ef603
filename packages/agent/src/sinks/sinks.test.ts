import assert from "node:assert/strict";
import { createSocket } from "node:dgram";
import { mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { createServer as createTcpServer, type AddressInfo, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, suite, test } from "node:test";

import type { Alert } from "@ocelli/rules";

import {
  compileTemplate,
  createAlertCounters,
  createSink,
  DeliveryError,
  fileTarget,
  natsTarget,
  programTarget,
  readSecret,
  redisTarget,
  syslogTarget,
  type Delivery,
  type Target,
} from "./index.ts";
import { ALERT, FORMAT } from "./sample-alert.ts";

const folder = mkdtempSync(join(tmpdir(), "ocelli-sinks-"));
after(() => {
  rmSync(folder, { recursive: true });
});

function other(change: Partial<Alert>): Alert {
  return { ...ALERT, ...change };
}

/** A target that records what it is sent and fails as it is told. */
function recorder(
  failures: (DeliveryError | undefined)[] = [],
): Target & { batches: Delivery[][] } {
  const batches: Delivery[][] = [];
  return {
    name: "recorder",
    batchSize: 2,
    batches,
    send: async (batch) => {
      const failure = failures.shift();
      if (failure !== undefined) throw failure;
      batches.push([...batch]);
    },
    close: async () => {},
  };
}

suite("createSink()", () => {
  test("delivers in batches and counts what it leaves out", async () => {
    const target = recorder();
    const sink = createSink(target, { minimumPriority: "Warning", queueSize: 3 });
    sink.offer(other({ priority: "Debug" }));
    for (const rule of ["a", "b", "c", "d"]) sink.offer(other({ rule }));
    await sink.flush();
    assert.deepEqual(
      target.batches.map((batch) => batch.map(({ alert }) => alert.rule)),
      [["a", "b"], ["c"]],
    );
    await sink.close();
    sink.offer(ALERT);
    assert.deepEqual(sink.statistics(), {
      offered: 6,
      sent: 3,
      waiting: 0,
      retries: 0,
      dropped: { priority: 1, duplicate: 0, rate: 0, full: 1, failed: 0, closed: 1 },
    });
  });

  test("tries again what may be tried again, and gives up what may not", async () => {
    const problems: string[] = [];
    const busy = new DeliveryError("busy", true, 1);
    const target = recorder([
      busy,
      busy,
      undefined,
      new DeliveryError("wrong", false),
      busy,
      busy,
      busy,
    ]);
    const sink = createSink(target, {
      retries: 2,
      backoffMs: 1,
      onProblem: (text) => problems.push(text),
    });
    for (const rule of ["a", "b", "c"]) {
      sink.offer(other({ rule }));
      await sink.flush();
    }
    const { sent, retries, dropped } = sink.statistics();
    assert.deepEqual({ sent, retries, failed: dropped.failed }, { sent: 1, retries: 4, failed: 2 });
    assert.equal(problems[2], "Cannot deliver 1 alerts to recorder: wrong");
    await sink.close();
  });

  test("folds duplicates and limits the rate of a rule, and says how many were held back", async () => {
    const target = recorder();
    const sink = createSink(target, {
      duplicateWindowMs: 30,
      ratePerRule: 2,
      ratePeriodMs: 60_000,
    });
    sink.offer(ALERT);
    sink.offer(ALERT);
    sink.offer(ALERT);
    await new Promise((resolve) => setTimeout(resolve, 40));
    sink.offer(ALERT);
    sink.offer(other({ message: "third" }));
    await sink.flush();
    assert.deepEqual(
      target.batches.flat().map(({ heldBack }) => heldBack),
      [0, 2],
    );
    const { dropped } = sink.statistics();
    assert.deepEqual([dropped.duplicate, dropped.rate], [2, 1]);
    await sink.close();
  });

  test("close() ends a delivery that hangs", async () => {
    const target: Target = {
      name: "hanging",
      batchSize: 1,
      send: async (_batch, signal) =>
        new Promise((_resolve, reject) => {
          signal.addEventListener("abort", () => reject(new Error("stopped")));
        }),
      close: async () => {},
    };
    const sink = createSink(target, { timeoutMs: 60_000 });
    sink.offer(ALERT);
    sink.offer(ALERT);
    await sink.close(10);
    assert.deepEqual(sink.statistics().dropped.closed, 2);
  });
});

suite("targets on this machine", () => {
  test("fileTarget() appends, and opens the file anew after it was moved", async () => {
    const path = join(folder, "alerts.log");
    const sink = createSink(
      fileTarget(path, compileTemplate("{rule} {field:fd.name} {field:none} {{")),
    );
    sink.offer(ALERT);
    await sink.flush();
    renameSync(path, `${path}.1`);
    sink.offer(ALERT);
    await sink.flush();
    await sink.reopen();
    sink.offer(other({ rule: "Next" }));
    await sink.close();
    const line = "Read secrets /etc/shadow <NA> {\n";
    assert.deepEqual(
      [readFileSync(`${path}.1`, "utf8"), readFileSync(path, "utf8")],
      [line + line, "Next /etc/shadow <NA> {\n"],
    );
  });

  test("programTarget() hands lines to a program, kept alive or not", async () => {
    for (const keepAlive of [false, true]) {
      const path = join(folder, `program-${keepAlive}`);
      const sink = createSink(
        programTarget(`cat >> ${path}`, compileTemplate("{text}", FORMAT), keepAlive),
      );
      sink.offer(ALERT);
      await sink.flush();
      sink.offer(ALERT);
      await sink.close();
      const line = "16:11:16.056312762: Warning file=/etc/shadow by cat\n";
      assert.equal(readFileSync(path, "utf8"), line + line);
    }
    const failing = createSink(programTarget("exit 3", compileTemplate("{rule}")), { retries: 0 });
    failing.offer(ALERT);
    await failing.close();
    assert.equal(failing.statistics().dropped.failed, 1);
  });

  test("readSecret() reads files and the environment", () => {
    const path = join(folder, "token");
    writeFileSync(path, "s3cret\n");
    assert.equal(readSecret(`file:${path}`), "s3cret");
    assert.equal(readSecret("env:TOKEN", { TOKEN: "x" }), "x");
    assert.equal(readSecret("plain"), "plain");
    assert.throws(() => readSecret("env:NONE", {}), /the variable is not set/);
    assert.throws(() => readSecret("file:/nowhere"), /ENOENT/);
    assert.throws(() => compileTemplate("{nothing}"), /found \{nothing\}/);
  });

  test("createAlertCounters() counts by rule", () => {
    const counters = createAlertCounters();
    counters.count(ALERT);
    counters.count(other({ rule: 'a "b"\\\n' }));
    counters.count(ALERT);
    assert.equal(
      counters.metrics(),
      [
        "# TYPE ocelli_rule_alerts counter",
        "# HELP ocelli_rule_alerts Alerts by the rule that raised them.",
        'ocelli_rule_alerts_total{rule="Read secrets",priority="Warning",source="syscall"} 2',
        'ocelli_rule_alerts_total{rule="a \\"b\\"\\\\\\n",priority="Warning",source="syscall"} 1',
        "",
      ].join("\n"),
    );
  });
});

suite("syslog", () => {
  const message = `<36>1 2026-11-20T16:11:16.056Z peer ocelli - Read_secrets - \uFEFFfile=/etc/shadow by cat`;
  const write = compileTemplate("{message}");

  test("syslogTarget() sends a datagram for each alert", async () => {
    const server = createSocket("udp4");
    await new Promise<void>((resolve) => server.bind(0, "127.0.0.1", resolve));
    const received = new Promise<string>((resolve) => {
      server.once("message", (bytes) => resolve(bytes.toString("utf8")));
    });
    const { port } = server.address();
    const sink = createSink(
      syslogTarget({ transport: "udp", host: "127.0.0.1", port, hostname: "peer" }, write),
    );
    sink.offer(ALERT);
    assert.equal(await received, message);
    await sink.close();
    server.close();
  });

  test("syslogTarget() counts octets over TCP, and connects again", async () => {
    await using server = await tcpServer(() => {});
    const sink = createSink(
      syslogTarget(
        { transport: "tcp", host: "127.0.0.1", port: server.port, hostname: "peer" },
        write,
      ),
      { backoffMs: 1 },
    );
    sink.offer(ALERT);
    sink.offer(ALERT);
    await sink.flush();
    const frame = `${Buffer.byteLength(message)} ${message}`;
    await server.until((text) => text === frame + frame);
    server.dropAll();
    await new Promise((resolve) => setTimeout(resolve, 20));
    sink.offer(ALERT);
    await sink.flush();
    await server.until((text) => text === frame + frame + frame);
    await sink.close();
  });
});

suite("servers that speak a protocol of their own", () => {
  test("redisTarget() appends to a list and waits for the server's word", async () => {
    await using server = await tcpServer((socket, text) => {
      if (text.includes("AUTH")) socket.write("+OK\r\n");
      else if (text.includes("RPUSH")) socket.write(":2\r\n");
      else socket.write("-WRONGTYPE Operation against a key\r\n");
    });
    const options = { host: "127.0.0.1", port: server.port, key: "alerts", password: "pw" };
    const sink = createSink(redisTarget(options, compileTemplate("{rule}")));
    sink.offer(ALERT);
    sink.offer(ALERT);
    await sink.close();
    assert.equal(
      server.text(),
      "*2\r\n$4\r\nAUTH\r\n$2\r\npw\r\n*4\r\n$5\r\nRPUSH\r\n$6\r\nalerts\r\n$12\r\nRead secrets\r\n$12\r\nRead secrets\r\n",
    );
    assert.equal(sink.statistics().sent, 2);
    const stream = createSink(
      redisTarget({ ...options, kind: "stream" }, compileTemplate("{rule}")),
    );
    stream.offer(ALERT);
    await stream.close();
    assert.deepEqual([stream.statistics().dropped.failed, stream.statistics().retries], [1, 0]);
  });

  test("natsTarget() publishes under a subject of its own for each rule", async () => {
    await using server = await tcpServer((socket, text) => {
      if (text.endsWith("PING\r\n")) socket.write("PONG\r\n");
    }, 'INFO {"server_id":"x","max_payload":1048576}\r\n');
    const sink = createSink(
      natsTarget(
        { host: "127.0.0.1", port: server.port, subject: "falco.{priority}.{rule}", token: "t" },
        compileTemplate("{message}"),
      ),
    );
    sink.offer(ALERT);
    await sink.close();
    assert.equal(
      server.text(),
      'CONNECT {"verbose":false,"pedantic":false,"lang":"js","version":"1","auth_token":"t"}\r\nPING\r\nPUB falco.warning.read_secrets 23\r\nfile=/etc/shadow by cat\r\nPING\r\n',
    );
    assert.equal(sink.statistics().sent, 1);
  });
});

interface TextServer extends AsyncDisposable {
  readonly port: number;
  readonly text: () => string;
  readonly until: (holds: (text: string) => boolean) => Promise<void>;
  readonly dropAll: () => void;
}

/** A TCP server that keeps what it is sent and answers each piece. */
async function tcpServer(
  answer: (socket: Socket, text: string) => void,
  greeting?: string,
): Promise<TextServer> {
  let all = "";
  const sockets = new Set<Socket>();
  const server = createTcpServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => {});
    if (greeting !== undefined) socket.write(greeting);
    socket.on("data", (chunk) => {
      const text = chunk.toString("utf8");
      all += text;
      answer(socket, text);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const dropAll = (): void => {
    for (const socket of sockets) socket.destroy();
  };
  return {
    port: (server.address() as AddressInfo).port,
    text: () => all,
    until: async (holds) => {
      for (let tries = 0; !holds(all) && tries < 200; tries++)
        await new Promise((resolve) => setTimeout(resolve, 10));
      assert.ok(holds(all), all);
    },
    dropAll,
    [Symbol.asyncDispose]: async () => {
      dropAll();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
