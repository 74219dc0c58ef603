import { errorAt, failure, success, type Result } from "../../diagnostic.ts";
import { mapReferences } from "../references.ts";
import type { Btf, BtfType, BtfTypeOf } from "../types.ts";
import { createCLayout } from "./layout.ts";
import { createCNames } from "./names.ts";
import { BUILTIN, createCWriter } from "./write.ts";

/** What is printed, and what stands around it. */
export interface PrintCOptions {
  /** Only these types and what they need; everything when left out. */
  readonly roots?: Iterable<number>;
  /** The macro that guards the header against being included twice. */
  readonly guard?: string;
  /** Whether clang records CO-RE relocations for every access; yes unless said otherwise. */
  readonly preserveAccessIndex?: boolean;
}

/** Records nested deeper than this, or typedefs of typedefs, are taken for a circle. */
const MOST_DEPTH = 400;

/**
 * C declarations of the types, like `vmlinux.h`: in an order that compiles, with forward declarations, and with padding
 * and `packed` where a compiler would otherwise lay out a record in another way than BTF says. Sizes and offsets are
 * those of BTF under the ABI of 64-bit BPF, x86-64 or arm64. Of types with one name, the later ones get `___2`, `___3`.
 *
 * Variables, functions and tags on declarations are left out. Fails with `btf-print-limit` when damaged BTF would make
 * a text without end.
 */
export function printC(btf: Btf, options: PrintCOptions = {}): Result<string> {
  const { roots, guard = "__VMLINUX_H__", preserveAccessIndex = true } = options;
  const names = createCNames(btf);
  // vmlinux needs about 6 a type.
  const writer = createCWriter(btf, names, createCLayout(btf), 100_000 + btf.endId * 50);
  const out: string[] = [];
  /** `declared`: a forward declaration stands there; `open`: what it needs is being written. */
  const declared = new Set<number>();
  const open = new Set<number>();
  let tooDeep = false;

  /** Writes what has to stand before a use of `id`: all of it when the use is `complete`, or just its name. */
  function need(id: number, complete: boolean, depth: number): void {
    if (depth > MOST_DEPTH) tooDeep = true;
    if (tooDeep || writer.isExhausted()) return;
    const type = btf.type(id);
    switch (type?.kind) {
      case "ptr":
        need(type.typeId, false, depth + 1);
        break;
      case "const":
      case "volatile":
      case "restrict":
      case "type_tag":
        need(type.typeId, complete, depth + 1);
        break;
      case "array":
        // Even behind a pointer, the elements of an array are complete.
        need(type.typeId, true, depth + 1);
        break;
      case "func_proto":
        mapReferences(type, (each) => {
          need(each, false, depth + 1);
          return each;
        });
        break;
      case "typedef":
        needTypedef(id, type, complete, depth);
        break;
      case "struct":
      case "union":
        needRecord(id, type, complete, depth);
        break;
      case "fwd":
        declareRecord(id, type.target);
        break;
      case "enum":
      case "enum64":
        if (type.name === "" || type.values.length === 0 || open.has(id)) break;
        open.add(id);
        out.push(`${writer.define(id, names.tag(id))};`);
        break;
      default:
    }
  }

  function needTypedef(
    id: number,
    type: BtfTypeOf<"typedef">,
    complete: boolean,
    depth: number,
  ): void {
    if (!open.has(id)) {
      open.add(id);
      need(type.typeId, false, depth + 1);
      if (type.name !== BUILTIN) {
        out.push(`typedef ${writer.declare(type.typeId, names.typedef(id))};`);
      }
    }
    if (complete) need(type.typeId, true, depth + 1);
  }

  function needRecord(
    id: number,
    type: BtfTypeOf<"struct" | "union">,
    complete: boolean,
    depth: number,
  ): void {
    if (type.name === "") {
      // Written where it is used; what its members need is written once.
      if (!open.has(id)) needMembers(id, type, depth);
      return;
    }
    if (!complete) {
      declareRecord(id, type.kind);
      return;
    }
    if (open.has(id)) return;
    needMembers(id, type, depth);
    declared.add(id);
    out.push(`${writer.define(id, names.tag(id))};`);
  }

  function needMembers(id: number, type: BtfTypeOf<"struct" | "union">, depth: number): void {
    open.add(id);
    for (const { name, typeId } of type.members) {
      const target = btf.type(typeId);
      // Inside its own body, a record may point at itself without having been declared.
      if (behindPointers(btf, typeId) === id) continue;
      if (name === "" && isRecord(target)) needMembersOnce(typeId, target, depth);
      else need(typeId, true, depth + 1);
    }
  }

  /** A record without a member name is copied into the body, so its members are needed, whatever its own name. */
  function needMembersOnce(id: number, type: BtfTypeOf<"struct" | "union">, depth: number): void {
    if (type.name === "") need(id, true, depth + 1);
    else for (const { typeId } of type.members) need(typeId, true, depth + 1);
  }

  function declareRecord(id: number, keyword: string): void {
    const tag = names.tag(id);
    if (declared.has(id) || tag === "") return;
    declared.add(id);
    out.push(`${keyword} ${tag};`);
  }

  const wanted = roots === undefined ? namedIds(btf) : [...roots];
  for (const id of wanted) need(id, true, 0);
  for (const id of wanted) {
    const type = btf.type(id);
    const isEnum = type?.kind === "enum" || type?.kind === "enum64";
    // Enumerators that belong to no name and no member stand for themselves.
    if (!isEnum || type.name !== "" || type.values.length === 0 || writer.isWritten(id)) continue;
    out.push(`${writer.define(id, "")};`);
  }
  if (tooDeep || writer.isExhausted()) {
    const found = tooDeep
      ? `types are nested deeper than ${MOST_DEPTH}`
      : "types repeat without end";
    const span = { offset: 0, length: btf.bytes.length };
    return failure(
      errorAt("btf-print-limit", span, `Cannot print BTF as C: ${found}`, "Build the file again"),
    );
  }
  return success(frame(out, guard, preserveAccessIndex));
}

function behindPointers(btf: Btf, start: number): number {
  let id = start;
  for (let step = 0; step < 16; step += 1) {
    const type = btf.type(id);
    if (type?.kind !== "ptr" && type?.kind !== "const" && type?.kind !== "volatile") return id;
    id = type.typeId;
  }
  return 0;
}

function isRecord(type: BtfType | undefined): type is BtfTypeOf<"struct" | "union"> {
  return type?.kind === "struct" || type?.kind === "union";
}

/** What a whole file declares; pointers, arrays and such come with what uses them. */
function namedIds(btf: Btf): number[] {
  const kinds = new Set(["struct", "union", "enum", "enum64", "typedef", "fwd"]);
  const ids: number[] = [];
  for (let id = btf.firstId; id < btf.endId; id += 1) {
    if (!kinds.has(btf.kindOf(id) ?? "")) continue;
    const anonymous = btf.nameOf(id) === "";
    const isEnum = btf.kindOf(id) === "enum" || btf.kindOf(id) === "enum64";
    if (!anonymous || isEnum) ids.push(id);
  }
  return ids;
}

function frame(
  declarations: readonly string[],
  guard: string,
  preserveAccessIndex: boolean,
): string {
  const push =
    "#ifndef BPF_NO_PRESERVE_ACCESS_INDEX\n" +
    "#pragma clang attribute push (__attribute__((preserve_access_index)), apply_to = record)\n" +
    "#endif\n\n";
  const pop = "#ifndef BPF_NO_PRESERVE_ACCESS_INDEX\n#pragma clang attribute pop\n#endif\n\n";
  const body = declarations.map((text) => `${text}\n\n`).join("");
  const inside = preserveAccessIndex ? `${push}${body}${pop}` : body;
  return `#ifndef ${guard}\n#define ${guard}\n\n${inside}#endif /* ${guard} */\n`;
}
