import { createBtfBuilder, readBtf, type Btf, type CoreRelocation } from "@ocelli/bpf";

// The members of kernel structs that the programs read, as C would declare them:
//   struct task_struct { struct task_struct *real_parent; int tgid; };
//   struct linux_binprm { const char *filename; };
// CO-RE finds them in the running kernel by name, wherever they lie there.

/** One kernel member: where it lies in the local struct, and the relocation that moves it. Offset in bytes. */
export interface LocalMember {
  readonly offset: number;
  readonly relocation: CoreRelocation;
}

/** The object's BTF and the members declared in it. */
export interface LocalTypes {
  readonly btf: Btf;
  readonly parent: LocalMember;
  readonly tgid: LocalMember;
  readonly filename: LocalMember;
}

/** Declares the kernel types that the activity programs read. */
export function declareLocalTypes(): LocalTypes {
  const builder = createBtfBuilder();
  const int = builder.add({
    kind: "int",
    name: "int",
    size: 4,
    bits: 32,
    offsetBits: 0,
    encoding: "signed",
  });
  const char = builder.add({
    kind: "int",
    name: "char",
    size: 1,
    bits: 8,
    offsetBits: 0,
    encoding: "char",
  });
  const constChar = builder.add({ kind: "const", typeId: char });
  const text = builder.add({ kind: "ptr", typeId: constChar });
  const task = builder.endId;
  builder.add({
    kind: "struct",
    name: "task_struct",
    size: 16,
    members: [
      { name: "real_parent", typeId: task + 1, offsetBits: 0, bitfieldBits: 0 },
      { name: "tgid", typeId: int, offsetBits: 64, bitfieldBits: 0 },
    ],
  });
  builder.add({ kind: "ptr", typeId: task });
  const program = builder.add({
    kind: "struct",
    name: "linux_binprm",
    size: 8,
    members: [{ name: "filename", typeId: text, offsetBits: 0, bitfieldBits: 0 }],
  });
  const btf = readBtf(builder.write());
  // The builder's own output; a failure here is a bug, not an input.
  if (!btf.ok) throw new Error(btf.diagnostics.map((one) => one.message).join("\n"));
  const member = (typeId: number, index: number, offset: number): LocalMember => ({
    offset,
    relocation: { kind: "field_byte_offset", typeId, accessor: `0:${index}` },
  });
  return {
    btf: btf.value,
    parent: member(task, 0, 0),
    tgid: member(task, 1, 8),
    filename: member(program, 0, 0),
  };
}
