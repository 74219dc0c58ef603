import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, type IncomingHttpHeaders, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { after, before, suite, test } from "node:test";
import { gunzipSync } from "node:zlib";

import {
  alertmanagerService,
  cloudEventsService,
  createSink,
  datadogService,
  discordService,
  elasticsearchService,
  grafanaService,
  httpTarget,
  lokiService,
  opsgenieService,
  pagerDutyService,
  slackService,
  splunkService,
  teamsService,
  webhookService,
  type Service,
} from "./index.ts";
import { ALERT, FACTS, FORMAT, LINE } from "./sample-alert.ts";

interface Received {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

suite("services over HTTP", () => {
  const received: Received[] = [];
  let answers: { status: number; headers?: Record<string, string>; body?: string }[] = [];
  const server: Server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const bytes = Buffer.concat(chunks);
      const zipped = request.headers["content-encoding"] === "gzip";
      const body = (zipped ? gunzipSync(bytes) : bytes).toString("utf8");
      received.push({ path: request.url ?? "", headers: request.headers, body });
      const { status, headers, body: text = "" } = answers.shift() ?? { status: 200 };
      response.writeHead(status, headers).end(text);
    });
  });
  before(async () => {
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
  });
  after(() => {
    server.closeAllConnections();
    server.close();
  });
  const url = (path: string): string =>
    `http://127.0.0.1:${(server.address() as AddressInfo).port}${path}`;

  async function sendTo(service: Service, count: number = 1): Promise<Received[]> {
    received.length = 0;
    const sink = createSink(httpTarget(service), { backoffMs: 1, retries: 1 });
    for (let index = 0; index < count; index++) sink.offer(ALERT);
    await sink.close();
    assert.equal(sink.statistics().sent, count, service.name);
    return [...received];
  }

  async function bodyOf(service: Service): Promise<unknown> {
    const [request] = await sendTo(service);
    return JSON.parse(request?.body ?? "");
  }

  test("webhookService() posts Falco's JSON line, headers of one's own, compressed when asked", async () => {
    const service = webhookService(url("/hook?x=1"), { "x-key": "k" }, FORMAT);
    const [request] = await sendTo(service);
    assert.deepEqual(
      [request?.path, request?.headers["content-type"], request?.headers["x-key"], request?.body],
      ["/hook?x=1", "application/json", "k", LINE],
    );
    received.length = 0;
    const sink = createSink(httpTarget(service, { compress: true }));
    sink.offer(ALERT);
    await sink.close();
    assert.equal(received[0]?.body, LINE);
  });

  test("httpTarget() heeds Retry-After, retries what may pass and not what may not", async () => {
    answers = [{ status: 503, headers: { "retry-after": "0" } }, { status: 200 }];
    assert.equal((await sendTo(webhookService(url("/")))).length, 2);
    answers = [{ status: 400, body: "no\nsuch thing" }];
    const problems: string[] = [];
    const sink = createSink(httpTarget(webhookService(url("/"))), {
      onProblem: (text) => problems.push(text),
    });
    sink.offer(ALERT);
    await sink.close();
    assert.deepEqual(problems, ["Cannot deliver 1 alerts to webhook: answer 400: no such thing"]);
    answers = [];
  });

  test("slackService(), teamsService() and discordService() send what each shows", async () => {
    const fields = Object.entries(FACTS).map(([title, value]) => ({ title, value, short: true }));
    assert.deepEqual(await bodyOf(slackService(url("/"))), {
      attachments: [
        {
          fallback: "file=/etc/shadow by cat",
          color: "#ffff00",
          text: "file=/etc/shadow by cat",
          fields,
          footer: "Ocelli",
          ts: 1795191076,
        },
      ],
    });
    assert.deepEqual(await bodyOf(teamsService(url("/"))), {
      type: "message",
      attachments: [
        {
          contentType: "application/vnd.microsoft.card.adaptive",
          content: {
            $schema: "http://adaptivecards.io/schemas/adaptive-card.json",
            type: "AdaptiveCard",
            version: "1.4",
            body: [
              { type: "TextBlock", text: "Warning: Read secrets", weight: "Bolder", wrap: true },
              { type: "TextBlock", text: "file=/etc/shadow by cat", wrap: true },
              {
                type: "FactSet",
                facts: Object.entries(FACTS).map(([title, value]) => ({ title, value })),
              },
            ],
          },
        },
      ],
    });
    assert.deepEqual(await bodyOf(discordService(url("/"))), {
      username: "Ocelli",
      embeds: [
        {
          title: "Read secrets",
          description: "file=/etc/shadow by cat",
          color: 0xff_ff_00,
          timestamp: "2026-11-20T16:11:16.056Z",
          fields: Object.entries(FACTS)
            .slice(1)
            .map(([name, value]) => ({ name, value, inline: true })),
        },
      ],
    });
  });

  test("pagerDutyService(), opsgenieService() and alertmanagerService() open alerts that fold", async () => {
    const key = /^[0-9a-f]{32}$/;
    const pager = (await bodyOf(pagerDutyService("rk", "peer", url("/v2/enqueue")))) as {
      dedup_key: string;
    };
    assert.match(pager.dedup_key, key);
    assert.deepEqual(pager, {
      routing_key: "rk",
      event_action: "trigger",
      dedup_key: pager.dedup_key,
      payload: {
        summary: "file=/etc/shadow by cat",
        source: "peer",
        severity: "warning",
        timestamp: "2026-11-20T16:11:16.056Z",
        component: "syscall",
        class: "Read secrets",
        custom_details: FACTS,
      },
    });
    const [opsgenie] = await sendTo(opsgenieService("ok", "peer", url("/v2/alerts")));
    assert.equal(opsgenie?.headers.authorization, "GenieKey ok");
    assert.deepEqual(JSON.parse(opsgenie.body), {
      message: "Warning: Read secrets",
      alias: pager.dedup_key,
      description: "file=/etc/shadow by cat",
      tags: ["T1555", "host"],
      details: FACTS,
      source: "peer",
      priority: "P4",
    });
    const [manager] = await sendTo(alertmanagerService(url("/am/"), "peer"));
    assert.equal(manager?.path, "/am/api/v2/alerts");
    assert.deepEqual(JSON.parse(manager.body), [
      {
        labels: {
          alertname: "Read secrets",
          severity: "warning",
          source: "syscall",
          instance: "peer",
          container_id: "host",
        },
        annotations: { summary: "Read secrets", description: "file=/etc/shadow by cat" },
        startsAt: "2026-11-20T16:11:16.056Z",
      },
    ]);
  });

  test("elasticsearchService() creates documents in bulk and reads the answer", async () => {
    const service = elasticsearchService(url("/"), "falco", { authorization: "ApiKey x" }, FORMAT);
    const [request] = await sendTo(service, 2);
    const lines = `{"create":{"_index":"falco-2026.11.20"}}\n{"@timestamp":"2026-11-20T16:11:16.056Z",${LINE.slice(1)}\n`;
    assert.deepEqual(
      [
        request?.path,
        request?.headers["content-type"],
        request?.headers.authorization,
        request?.body,
      ],
      ["/_bulk", "application/x-ndjson", "ApiKey x", lines + lines],
    );
    const busy =
      '{"errors":true,"items":[{"create":{"status":429,"error":{"reason":"queue full"}}}]}';
    answers = [
      { status: 200, body: busy },
      { status: 200, body: '{"errors":false}' },
    ];
    assert.equal((await sendTo(service)).length, 2);
    answers = [];
  });

  test("lokiService(), splunkService() and cloudEventsService() keep times and numbers exact", async () => {
    const [loki] = await sendTo(lokiService(url("/"), "tenant", FORMAT), 2);
    assert.deepEqual([loki?.path, loki?.headers["x-scope-orgid"]], ["/loki/api/v1/push", "tenant"]);
    assert.deepEqual(JSON.parse(loki?.body ?? ""), {
      streams: [
        {
          stream: { job: "ocelli", rule: "Read secrets", priority: "Warning", source: "syscall" },
          values: [
            ["1795191076056312762", LINE],
            ["1795191076056312762", LINE],
          ],
        },
      ],
    });
    const [splunk] = await sendTo(splunkService(url("/"), "tk", "peer", FORMAT));
    assert.deepEqual(
      [splunk?.path, splunk?.headers.authorization, splunk?.body],
      [
        "/services/collector/event",
        "Splunk tk",
        `{"time":1795191076.056,"host":"peer","source":"ocelli","sourcetype":"_json","event":${LINE}}`,
      ],
    );
    const [cloud] = await sendTo(cloudEventsService(url("/"), FORMAT));
    assert.equal(cloud?.headers["content-type"], "application/cloudevents-batch+json");
    assert.match(
      cloud.body,
      /^\[\{"specversion":"1.0","id":"[0-9a-f-]{36}","source":"https:\/\/falco.org\/syscall","type":"falco.rule.output.v1","subject":"Read secrets","time":"2026-11-20T16:11:16.056Z","datacontenttype":"application\/json","data":\{/,
    );
    assert.ok(cloud.body.endsWith(`"data":${LINE}}]`));
  });

  test("datadogService() and grafanaService() post events and annotations", async () => {
    const [datadog] = await sendTo(datadogService("dk", "peer", url("")));
    assert.deepEqual([datadog?.path, datadog?.headers["dd-api-key"]], ["/api/v1/events", "dk"]);
    assert.deepEqual(JSON.parse(datadog?.body ?? ""), {
      title: "Read secrets",
      text: "file=/etc/shadow by cat",
      alert_type: "warning",
      aggregation_key: "Read secrets",
      date_happened: 1795191076,
      source_type_name: "falco",
      tags: ["source:syscall", "T1555", "host"],
      host: "peer",
    });
    const [grafana] = await sendTo(grafanaService(url("/g"), "gt"));
    assert.deepEqual(
      [grafana?.path, grafana?.headers.authorization],
      ["/g/api/annotations", "Bearer gt"],
    );
    assert.deepEqual(JSON.parse(grafana?.body ?? ""), {
      time: 1795191076056,
      tags: ["ocelli", "Warning", "Read secrets", "T1555", "host"],
      text: "file=/etc/shadow by cat",
    });
  });
});
