import assert from "node:assert/strict";
import { test } from "node:test";

import { attachTypeNumber } from "../abi/attach-types.ts";
import { programTypeNumber } from "../abi/program-types.ts";
import { nearestSectionName, parseSectionName, SECTION_DEFINITIONS } from "./section-names.ts";

// Program type / expected attach type, flags (s sleepable, f frags, b BTF), and the names. A slash at the end: takes a
// target. Numbers are the kernel's.
const TABLE = `
1/0      socket
2/0      kprobe/ kretprobe/ ksyscall/ kretsyscall/ uprobe/ uretprobe/ usdt/
2/0 s    uprobe.s/ uretprobe.s/ usdt.s/
2/42     kprobe.multi/ kretprobe.multi/
2/56     kprobe.session/
2/48     uprobe.multi/ uretprobe.multi/
2/48 s   uprobe.multi.s/ uretprobe.multi.s/
2/57     uprobe.session/
2/57 s   uprobe.session.s/
3/0      tc classifier
4/0      action
3/46     tcx/ingress tc/ingress
3/47     tcx/egress tc/egress
3/54     netkit/primary
3/55     netkit/peer
5/0      tracepoint/ tp/
6/37     xdp
6/37 f   xdp.frags
6/33     xdp/devmap
6/33 f   xdp.frags/devmap
6/35     xdp/cpumap
6/35 f   xdp.frags/cpumap
7/0      perf_event
8/0      cgroup_skb/ingress cgroup/skb
8/1      cgroup_skb/egress
9/2      cgroup/sock_create cgroup/sock
9/34     cgroup/sock_release
9/12     cgroup/post_bind4
9/13     cgroup/post_bind6
10/0     lwt_in
11/0     lwt_out
12/0     lwt_xmit
19/0     lwt_seg6local
13/3     sockops
14/0     sk_skb
14/4     sk_skb/stream_parser
14/5     sk_skb/stream_verdict
14/38    sk_skb/verdict
15/6     cgroup/dev
16/7     sk_msg
17/0     raw_tp/ raw_tracepoint/
24/0     raw_tp.w/ raw_tracepoint.w/
18/8     cgroup/bind4
18/9     cgroup/bind6
18/10    cgroup/connect4
18/11    cgroup/connect6
18/14    cgroup/sendmsg4
18/15    cgroup/sendmsg6
18/19    cgroup/recvmsg4
18/20    cgroup/recvmsg6
18/29    cgroup/getpeername4
18/30    cgroup/getpeername6
18/31    cgroup/getsockname4
18/32    cgroup/getsockname6
18/49    cgroup/connect_unix
18/50    cgroup/sendmsg_unix
18/51    cgroup/recvmsg_unix
18/52    cgroup/getpeername_unix
18/53    cgroup/getsockname_unix
20/16    lirc_mode2
21/39    sk_reuseport
21/40    sk_reuseport/migrate
22/17    flow_dissector
23/18    cgroup/sysctl
25/21    cgroup/getsockopt
25/22    cgroup/setsockopt
26/23 b  tp_btf/
26/24 b  fentry/
26/24 sb fentry.s/
26/25 b  fexit/
26/25 sb fexit.s/
26/26 b  fmod_ret/
26/26 sb fmod_ret.s/
26/28 b  iter/
26/28 sb iter.s/
27/0     struct_ops/
27/0 s   struct_ops.s/
28/0 b   freplace/
29/27 b  lsm/
29/27 sb lsm.s/
29/43 b  lsm_cgroup/
30/36    sk_lookup
31/0 s   syscall
32/45    netfilter
`;

function rows(): { name: string; row: string }[] {
  return TABLE.trim()
    .split("\n")
    .flatMap((line) => {
      const words = line.split(/\s+/);
      const [pair = "", second = ""] = words;
      const hasFlags = /^[sfb]+$/.test(second);
      const names = words.slice(hasFlags ? 2 : 1);
      return names.map((name) => ({ name, row: `${pair} ${hasFlags ? second : ""}` }));
    });
}

function rowOf(section: string): string {
  const meaning = parseSectionName(section);
  if (meaning === undefined) return "unknown";
  const { type, attachType, sleepable, frags, attachesToBtf } = meaning;
  const attach = attachType === undefined ? 0 : attachTypeNumber(attachType);
  const flags = `${sleepable ? "s" : ""}${frags ? "f" : ""}${attachesToBtf ? "b" : ""}`;
  return `${programTypeNumber(type)}/${attach} ${flags}`;
}

test("parseSectionName() knows every name of libbpf with its types and flags", () => {
  const expected = rows();
  assert.deepEqual(
    expected.map(({ name }) => ({ name, row: rowOf(name.replace(/\/$/, "")) })),
    expected,
  );
  assert.deepEqual(
    SECTION_DEFINITIONS.map(({ name, target }) =>
      target === "none" ? name : `${name}/`,
    ).toSorted(),
    expected.map(({ name }) => name).toSorted(),
  );
});

test("parseSectionName() gives the target after the first slash of names that take one, and to no other", () => {
  for (const { name } of rows()) {
    const takes = name.endsWith("/");
    const base = takes ? name.slice(0, -1) : name;
    assert.equal(parseSectionName(`${base}/a/b:c`)?.attachTo, takes ? "a/b:c" : undefined, name);
  }
  assert.equal(parseSectionName("cgroup_skb/ingress")?.attachType, "cgroup_inet_ingress");
});

test("parseSectionName() switches loading off for names that start with a question mark", () => {
  const on = parseSectionName("fentry.s/vfs_read");
  assert.deepEqual(parseSectionName("?fentry.s/vfs_read"), { ...on, autoload: false });
  assert.equal(on?.autoload, true);
});

test("nearestSectionName() gives the name that was meant", () => {
  const meant = [
    "kprobes/vfs_read",
    "xdp.frag",
    "tracepont/a/b",
    "cgroup/conect4",
    "lms/x",
    "TC",
    "xpd",
  ];
  assert.deepEqual(meant.map(nearestSectionName), [
    "kprobe/",
    "xdp.frags",
    "tracepoint/",
    "cgroup/connect4",
    "lsm/",
    "tc",
    "xdp",
  ]);
});
