// Runs in a browser: a program is put together from its text, verified, compiled to WebAssembly and interpreted, run over packets, and its
// map is shown. `window.done` says that everything is there.
import { mapSpec, parseAssembly, type CollectionSpec, type Instruction } from "@ocelli/bpf";
import { createReplayer, loadInVm, userMap, verifyProgram } from "@ocelli/vm";

// What is used of the page; Node's types know none of it.
interface Element {
  textContent: string;
  readonly append: (child: Element) => void;
}
interface Host {
  readonly document: { readonly createElement: (tag: string) => Element; readonly body: Element };
  done?: boolean;
}
const host = globalThis as unknown as Host;

const TEXT = `
  r6 = *(u32 *)(r1 + 0)
  r2 = *(u32 *)(r1 + 4)
  r3 = r6
  r3 += 34
  r0 = 2
  if r3 > r2 goto out
  r7 = *(u8 *)(r6 + 23)
  *(u32 *)(r10 - 4) = r7
  r1 = 0 ll
  r2 = r10
  r2 += -4
  call 1
  if r0 == 0 goto verdict
  r1 = 1
  lock *(u64 *)(r0 + 0) += r1
verdict:
  r0 = 1
  if r7 == 6 goto out
  r0 = 2
out:
  exit`;

const parsed = parseAssembly(TEXT);
if (!parsed.ok) throw new Error(JSON.stringify(parsed.diagnostics));
const loadsMap: Instruction = {
  opcode: 0x18,
  dst: 1,
  src: 1,
  offset: 0,
  imm: 0,
  imm2: 0,
  reference: { kind: "map", name: "protocols" },
};
const instructions = parsed.value.map((one) => (one.opcode === 0x18 ? loadsMap : one));
const protocols = mapSpec({ name: "protocols", type: "array", valueSize: 8, maxEntries: 256 });
const spec: CollectionSpec = {
  littleEndian: true,
  license: "GPL",
  maps: new Map([["protocols", protocols]]),
  programs: new Map([
    [
      "count",
      {
        name: "count",
        section: "xdp",
        type: "xdp",
        attachType: "xdp",
        attachTo: "",
        flags: 0,
        license: "GPL",
        kernelVersion: 0,
        instructions,
        autoload: true,
      },
    ],
  ]),
  functions: new Map(),
  variables: new Map(),
  kconfig: new Map(),
  btf: undefined,
};

function line(tag: string, text: string): void {
  const element = host.document.createElement(tag);
  element.textContent = text;
  host.document.body.append(element);
}

const program = spec.programs.get("count");
if (program === undefined) throw new Error("The collection has no program");
const verified = verifyProgram(spec, program);
line("p", verified.ok ? "verified" : verified.report.message);
// Without its look at the packet's end: what a verifier refuses, and how it says so.
const unsafe = instructions.filter(({ opcode }) => opcode !== 0x2d);
const refused = verifyProgram(spec, { ...program, instructions: unsafe });
line("p", refused.ok ? "verified" : refused.report.code);

for (const engine of ["jit", "interpreter"] as const) {
  const loaded = loadInVm(spec, { engine });
  const replayer = createReplayer(loaded, "count");
  const verdicts = new Map<string, number>();
  for (let index = 0; index < 3000; index++) {
    const frame = new Uint8Array(60);
    frame.set([8, 0, 0x45], 12);
    frame[23] = [6, 17, 1][index % 3] ?? 0;
    const { name } = replayer.packet(frame);
    verdicts.set(name, (verdicts.get(name) ?? 0) + 1);
  }
  line("h2", engine);
  line("p", [...verdicts].map(([name, count]) => `${name} ${count}`).join(", "));
  const map = loaded.maps.get("protocols");
  for (const [key, value] of map === undefined ? [] : userMap(map).entries()) {
    const count = new DataView(value.buffer).getBigUint64(0, true);
    if (count > 0n) line("li", `protocol ${key[0]}: ${count}`);
  }
}
host.done = true;
