import assert from "node:assert/strict";
import { test } from "node:test";

import { createRuleEngine } from "../engine/rule-engine.ts";
import { formatAlertJson } from "../output/alert.ts";
import { readAuditEvents } from "./audit-event.ts";
import { createAuditProvider } from "./audit-provider.ts";

const CREATE_POD = {
  kind: "Event",
  auditID: "a-1",
  stage: "ResponseComplete",
  stageTimestamp: "2026-11-20T16:11:16.056312Z",
  verb: "create",
  user: { username: "eve", groups: ["system:masters", "dev"] },
  requestURI: "/api/v1/namespaces/default/pods?dryRun=All&x=a%2Fb+c",
  objectRef: { resource: "pods", namespace: "default", name: "web" },
  requestObject: {
    spec: {
      hostNetwork: true,
      securityContext: { runAsUser: 7, supplementalGroups: [1, 2] },
      containers: [
        {
          image: "nginx:1.25",
          securityContext: { privileged: true, runAsUser: 0, capabilities: { add: ["NET_ADMIN"] } },
          ports: [{ hostPort: 80 }, { containerPort: 443 }],
        },
        { image: "busybox@sha256:1", ports: [] },
      ],
      volumes: [
        { name: "a", hostPath: { path: "/etc" } },
        { name: "b", hostPath: { path: "/proc/1" } },
      ],
    },
    rules: [{ verbs: ["get", "*"], apiGroups: [""] }, { verbs: ["list"] }],
  },
  responseStatus: { code: 201 },
  annotations: { "authorization.k8s.io/decision": "allow", "a/b~": 1 },
};

const provider = createAuditProvider();

function value(name: string, argument?: string): unknown {
  const events = readAuditEvents(JSON.stringify(CREATE_POD));
  assert.ok(events.ok);
  const [event] = events.value;
  assert.ok(event);
  return provider.resolve(name, argument)?.read(event);
}

test("createAuditProvider() reads texts, lists, indexes, pointers and parameters", () => {
  assert.deepEqual(
    {
      user: value("ka.user.name"),
      groups: value("ka.user.groups"),
      host: value("ka.req.pod.host_network"),
      code: value("ka.response.code"),
      images: value("ka.req.pod.containers.image"),
      second: value("ka.req.pod.containers.image", "1"),
      third: value("ka.req.pod.containers.image", "2"),
      repositories: value("ka.req.pod.containers.image.repository"),
      first: value("ka.req.container.image.repository"),
      privileged: value("ka.req.pod.containers.privileged"),
      any: value("ka.req.container.privileged"),
      init: value("ka.req.pod.initContainers.image"),
      asked: value("ka.req.pod.containers.run_as_user"),
      effective: value("ka.req.pod.containers.eff_run_as_user"),
      ports: value("ka.req.pod.containers.host_port"),
      capabilities: value("ka.req.pod.containers.add_capabilities"),
      groupIds: value("ka.req.pod.supplemental_groups"),
      verbs: value("ka.req.role.rules.verbs"),
      paths: value("ka.req.pod.volumes.hostpath"),
      types: value("ka.req.pod.volumes.volume_type"),
      etc: value("ka.req.volume.hostpath", "/etc"),
      proc: value("ka.req.volume.hostpath", "/proc*"),
      usr: value("ka.req.volume.hostpath", "/usr*"),
      parameter: value("ka.uri.param", "x"),
      none: value("ka.uri.param", "y"),
      pointer: value("jevt.value", "/requestObject/spec/containers/0/image"),
      escaped: value("json.value", "/annotations/a~1b~0"),
      missing: value("json.value", "/nothing"),
      time: value("evt.rawtime"),
      unknown: value("proc.name"),
    },
    {
      user: "eve",
      groups: ["system:masters", "dev"],
      host: "true",
      code: "201",
      images: ["nginx:1.25", "busybox@sha256:1"],
      second: ["busybox@sha256:1"],
      third: undefined,
      repositories: ["nginx", "busybox"],
      first: "nginx",
      privileged: ["true"],
      any: "true",
      init: undefined,
      asked: undefined,
      effective: ["0", "7"],
      ports: ["80", "443"],
      capabilities: undefined,
      groupIds: ["1", "2"],
      verbs: ["get", "*", "list"],
      paths: ["/etc", "/proc/1"],
      types: ["hostPath", "hostPath"],
      etc: "true",
      proc: "true",
      usr: "false",
      parameter: "a/b c",
      none: undefined,
      pointer: "nginx:1.25",
      escaped: "1",
      missing: undefined,
      time: 1795191076056312000n,
      unknown: undefined,
    },
  );
});

test("rules of the source k8s_audit raise alerts for audit events", () => {
  const engine = createRuleEngine([provider]);
  const loaded = engine.load([
    {
      name: "audit.yaml",
      text: `
- required_plugin_versions: [{name: k8saudit, version: 0.7.0}, {name: json, version: 0.7.0}]
- rule: Privileged pod
  desc: d
  source: k8s_audit
  condition: ka.verb = create and ka.req.pod.containers.privileged intersects (true) and not ka.user.name in (admin)
  output: privileged pod by %ka.user.name (images=%ka.req.pod.containers.image mounts=%jevt.value[/requestObject/spec/volumes])
  priority: WARNING
`,
    },
  ]);
  assert.deepEqual(
    loaded.files.map(({ diagnostics }) => diagnostics),
    [[]],
  );
  const events = readAuditEvents(
    JSON.stringify({ kind: "EventList", items: [CREATE_POD, CREATE_POD] }),
    5,
  );
  assert.ok(events.ok);
  const alerts = events.value.flatMap((event) => engine.process(event));
  assert.deepEqual(
    alerts.map(({ eventNumber }) => eventNumber),
    [5, 6],
  );
  assert.equal(
    alerts[0] && formatAlertJson(alerts[0], { zone: "utc" }),
    '{"hostname":"","output":"16:11:16.056312000: Warning privileged pod by eve (images=(nginx:1.25,busybox@sha256:1) mounts=[{\\"name\\":\\"a\\",\\"hostPath\\":{\\"path\\":\\"/etc\\"}},{\\"name\\":\\"b\\",\\"hostPath\\":{\\"path\\":\\"/proc/1\\"}}])","output_fields":{"evt.time":1795191076056312000,"jevt.value[/requestObject/spec/volumes]":"[{\\"name\\":\\"a\\",\\"hostPath\\":{\\"path\\":\\"/etc\\"}},{\\"name\\":\\"b\\",\\"hostPath\\":{\\"path\\":\\"/proc/1\\"}}]","ka.req.pod.containers.image":["nginx:1.25","busybox@sha256:1"],"ka.user.name":"eve"},"priority":"Warning","rule":"Privileged pod","source":"k8s_audit","tags":[],"time":"2026-11-20T16:11:16.056312000Z"}',
  );
});

test("rules of the source k8s_audit may only ask what audit events have", () => {
  const engine = createRuleEngine([provider]);
  const loaded = engine.load([
    {
      name: "audit.yaml",
      text: "- {rule: r, desc: d, source: k8s_audit, condition: proc.name = sh, output: o, priority: INFO}\n- {rule: s, desc: d, source: k8s_audit, condition: ka.user.nam = x, output: o, priority: INFO}",
    },
  ]);
  assert.deepEqual(
    loaded.files.flatMap(({ diagnostics }) =>
      diagnostics.map(({ message, hint }) => [message, hint]),
    ),
    [
      [
        "filter_check called with nonexistent field proc.name",
        '"ocelli rules fields" lists the fields',
      ],
      [
        "filter_check called with nonexistent field ka.user.nam",
        'Did you mean ka.user.name? "ocelli rules fields" lists the fields',
      ],
    ],
  );
});

test("readAuditEvents() refuses what is no audit event", () => {
  const refusal = (text: string): string | undefined => {
    const result = readAuditEvents(text);
    return result.ok ? undefined : result.diagnostics[0]?.code;
  };
  assert.deepEqual(
    [
      "{",
      "5",
      "null",
      '{"kind":0}',
      '{"kind":"Event"}',
      '{"kind":"Event","stageTimestamp":"x"}',
      '{"kind":"EventList","items":[{}]}',
      '{"kind":"EventList"}',
    ].map(refusal),
    [
      "audit-json",
      "audit-event",
      "audit-event",
      "audit-event",
      "audit-event",
      "audit-event",
      "audit-event",
      undefined,
    ],
  );
});
