// The verdicts that were measured on Linux 6.18 for small programs, one for each rule (data/verifier-matrix.json).
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import {
  attachTypeName,
  decodeInstructions,
  mapSpec,
  mapTypeName,
  programTypeName,
  readBtf,
  resolveType,
  type Btf,
  type Instruction,
  type MapSpec,
} from "@ocelli/bpf";
import { kernelTypes } from "@ocelli/linux";
import { sharedData, sharedDataMissing, skipReason } from "@ocelli/testkit";

import { verify } from "./verify.ts";

interface Relocation {
  readonly insn: number;
  readonly kind: "map" | "mapValue" | "memberOffset" | "kfunc" | "typeId";
  readonly map?: string;
  readonly name?: string;
  readonly struct?: string;
  readonly member?: string;
  readonly in?: "off" | "imm";
}

interface Row {
  readonly id: string;
  readonly title: string;
  readonly programTypeId?: number;
  readonly expectedAttachType?: number;
  readonly attachBtf?: { readonly name: string };
  readonly insnsHex?: string;
  readonly generate?: {
    readonly first: string;
    readonly repeat: string;
    readonly count: number;
    readonly last: string;
  };
  readonly relocs?: readonly Relocation[];
  readonly btf?: string;
  readonly funcInfo?: readonly { readonly insn: number; readonly typeId: number }[];
  readonly expected: Readonly<Record<string, string>>;
}

interface Matrix {
  readonly maps: Readonly<
    Record<
      string,
      {
        readonly type: number;
        readonly keySize: number;
        readonly valueSize: number;
        readonly maxEntries: number;
        readonly mapFlags?: number;
        readonly frozen?: boolean;
        readonly valueHex?: string;
      }
    >
  >;
  readonly btf: Readonly<Record<string, string>>;
  readonly tests: readonly Row[];
}

const missing =
  sharedDataMissing("verifier-matrix.json") || (skipReason({ needs: ["tp_btf"] }) ?? false);

test(
  "verify() gives the verdict of Linux 6.18 on every row of the matrix",
  { skip: missing },
  () => {
    // The data's own text states this shape.
    const matrix = JSON.parse(
      readFileSync(sharedData("verifier-matrix.json") ?? "", "utf8"),
    ) as Matrix;
    const { kernel } = kernelTypes();
    const maps = new Map(
      Object.entries(matrix.maps).map(([name, one]): [string, MapSpec] => [
        name,
        mapSpec({
          name,
          type: mapTypeName(one.type) ?? "hash",
          keySize: one.keySize,
          valueSize: one.valueSize,
          maxEntries: one.maxEntries,
          flags: one.mapFlags ?? 0,
          frozen: one.frozen ?? false,
          ...(one.valueHex === undefined ? {} : { data: Buffer.from(one.valueHex, "hex") }),
        }),
      ]),
    );
    const wrong: string[] = [];
    let judged = 0;
    for (const row of matrix.tests) {
      if (row.programTypeId === undefined) continue;
      judged += 1;
      const types =
        row.btf === undefined ? undefined : readBtf(Buffer.from(matrix.btf[row.btf] ?? "", "hex"));
      const verified = verify(
        {
          name: "main",
          type: programTypeName(row.programTypeId) ?? "unspec",
          attachType:
            row.expectedAttachType === undefined
              ? undefined
              : attachTypeName(row.expectedAttachType),
          attachTo: row.attachBtf?.name.replace(/^btf_trace_|^bpf_iter__?|^bpf_lsm_/, "") ?? "",
          flags: 0,
          license: "GPL",
        },
        instructionsOf(row, kernel),
        { maps, kernel, btf: types?.ok === true ? types.value : undefined },
      );
      const said = verified.ok ? "accept" : "reject";
      if (said !== row.expected["6.18"])
        wrong.push(`${row.id} ${row.title}: ${verified.ok ? said : verified.report.message}`);
    }
    assert.deepEqual(wrong, []);
    assert.equal(judged, 290);
  },
);

function instructionsOf(
  { insnsHex, generate, relocs = [], funcInfo = [] }: Row,
  kernel: Btf,
): readonly Instruction[] {
  const hex =
    insnsHex ??
    (generate === undefined
      ? ""
      : generate.first + generate.repeat.repeat(generate.count) + generate.last);
  const decoded = decodeInstructions(Buffer.from(hex, "hex"));
  assert.ok(decoded.ok);
  const bySlot = new Map(relocs.map((one) => [one.insn, one]));
  const functions = new Map(funcInfo.map(({ insn, typeId }) => [insn, typeId]));
  let slot = 0;
  return decoded.value.map((one) => {
    const relocation = bySlot.get(slot);
    const functionTypeId = functions.get(slot);
    slot += one.imm2 === undefined ? 1 : 2;
    const patched = relocation === undefined ? one : patch(one, relocation, kernel);
    return functionTypeId === undefined ? patched : withFunction(patched, functionTypeId);
  });
}

function withFunction(instruction: Instruction, functionTypeId: number): Instruction {
  return { ...instruction, functionTypeId };
}

function patch(one: Instruction, relocation: Relocation, kernel: Btf): Instruction {
  const { kind, map = "", name = "" } = relocation;
  switch (kind) {
    case "map":
      return { ...one, reference: { kind: "map", name: map } };
    case "mapValue":
      return { ...one, reference: { kind: "map-value", name: map, offset: one.imm2 ?? 0 } };
    case "kfunc":
      return { ...one, reference: { kind: "kfunc", name, typeId: 0, weak: false } };
    case "typeId":
      return { ...one, imm: kernel.idsByName(name)[0] ?? 0 };
    default: {
      const offset = offsetOf(
        kernel,
        kernel.idsByName(relocation.struct ?? "", "struct")[0] ?? 0,
        relocation.member ?? "",
      );
      assert.ok(offset !== undefined, relocation.member);
      return relocation.in === "imm"
        ? { ...one, imm: one.imm + offset }
        : { ...one, offset: one.offset + offset };
    }
  }
}

/** Bytes to a member, through unnamed structs and unions. */
function offsetOf(btf: Btf, id: number, member: string): number | undefined {
  const type = resolveType(btf, id)?.type;
  if (type?.kind !== "struct" && type?.kind !== "union") return undefined;
  for (const one of type.members) {
    if (one.name === member) return one.offsetBits / 8;
    const inner = one.name === "" ? offsetOf(btf, one.typeId, member) : undefined;
    if (inner !== undefined) return one.offsetBits / 8 + inner;
  }
  return undefined;
}
