import { COMMANDS, createBtfBuilder, type BtfType, type KernelBtfSupport } from "@ocelli/bpf";

import { encodeAttribute } from "../port/attribute.ts";
import type { Kernel } from "../port/kernel.ts";

const TOKEN_FLAG = 1 << 16; // BPF_F_TOKEN_FD

const known = new WeakMap<Kernel, KernelBtfSupport>();

const int = (name: string): BtfType => ({
  kind: "int",
  name,
  size: 4,
  bits: 32,
  offsetBits: 0,
  encoding: "signed",
});
const proto: BtfType = { kind: "func_proto", returnTypeId: 0, parameters: [] };
const variable: BtfType = { kind: "var", name: "v", typeId: 1, linkage: "static" };
const section = (name: string): BtfType => ({
  kind: "datasec",
  name,
  size: 4,
  variables: [{ typeId: 2, offset: 0, size: 4 }],
});

// The smallest BTF that has each kind; type 1 is always an int.
const PROBES: { readonly [K in keyof KernelBtfSupport]: readonly BtfType[] } = {
  func: [proto, { kind: "func", name: "f", typeId: 2, linkage: "static" }],
  datasec: [variable, section(".data")],
  globalFunc: [proto, { kind: "func", name: "f", typeId: 2, linkage: "global" }],
  float: [{ kind: "float", name: "float", size: 4 }],
  declTag: [variable, { kind: "decl_tag", name: "t", typeId: 2, component: -1, attribute: false }],
  typeTag: [
    { kind: "type_tag", name: "t", typeId: 1, attribute: false },
    { kind: "ptr", typeId: 2 },
  ],
  enum64: [
    { kind: "enum64", name: "e", size: 8, signed: false, values: [{ name: "E", value: 1 }] },
  ],
  optionalDatasec: [variable, section("?.data")],
  attributeTags: [
    variable,
    { kind: "decl_tag", name: "t", typeId: 2, component: -1, attribute: true },
  ],
};

/**
 * Which kinds of BTF the kernel takes: asked with a few tiny blobs, and remembered once it took any. A process that may
 * not load types itself gives a BPF token.
 */
export function btfSupport(kernel: Kernel, tokenFd?: number): KernelBtfSupport {
  const before = known.get(kernel);
  if (before !== undefined) return before;
  const takes = (name: keyof KernelBtfSupport): boolean => loads(kernel, PROBES[name], tokenFd);
  const support: KernelBtfSupport = {
    func: takes("func"),
    datasec: takes("datasec"),
    globalFunc: takes("globalFunc"),
    float: takes("float"),
    declTag: takes("declTag"),
    typeTag: takes("typeTag"),
    enum64: takes("enum64"),
    optionalDatasec: takes("optionalDatasec"),
    attributeTags: takes("attributeTags"),
  };
  if (support.func) known.set(kernel, support);
  return support;
}

function loads(kernel: Kernel, types: readonly BtfType[], tokenFd?: number): boolean {
  const builder = createBtfBuilder();
  builder.add(int("int"));
  for (const type of types) builder.add(type);
  const btf = builder.write();
  const attribute = encodeAttribute(kernel, "btf_load", {
    btf,
    btf_size: btf.length,
    ...(tokenFd === undefined ? {} : { btf_flags: TOKEN_FLAG, btf_token_fd: tokenFd }),
  });
  const fd = kernel.bpf(COMMANDS.btf_load, attribute);
  if (fd >= 0) kernel.syscall("close", fd);
  return fd >= 0;
}
