import { create, type DescField, type DescMessage, type Message } from "@bufbuild/protobuf";

import { FlowSchema, type Flow } from "../proto/flow.gen.ts";

/** Copies the fields of a mask out of one flow after the other. */
export type MaskCopy = (flow: Flow) => Flow;

/** A compiled mask, or the error's text. `start` begins a stream; undefined for a mask without paths. */
export type CompiledMask =
  | { readonly ok: true; readonly start: (() => MaskCopy) | undefined }
  | { readonly ok: false; readonly error: string };

type Tree = Map<string, Tree | undefined>;
type Copy = (source: Message | undefined) => Message;

/**
 * Compiles a field mask: paths of proto names, as `source.pod_name`. As with Hubble's server, parents of masked fields are
 * there even when they were unset, as empty messages; and a part of a oneof (`l4.TCP.flags`) that a flow does not have
 * shows what the stream's last flow that had it showed.
 */
export function compileMask(paths: readonly string[]): CompiledMask {
  if (paths.length === 0) return { ok: true, start: undefined };
  if (findBadPath(paths) !== undefined) return { ok: false, error: "invalid fieldmask" };
  const tree: Tree = new Map();
  for (const path of paths) add(tree, path.split("."));
  return {
    ok: true,
    start: () => {
      const copy = startCopy(FlowSchema, tree);
      // The copy is a message of the description it was started with.
      return (flow) => copy(flow) as Flow;
    },
  };
}

/** The first path that names no field of a flow. */
export function findBadPath(paths: readonly string[]): string | undefined {
  return paths.find((path) => !isPath(FlowSchema, path.split(".")));
}

function isPath(desc: DescMessage, [name = "", ...rest]: readonly string[]): boolean {
  const field = desc.fields.find((one) => one.name === name);
  if (field === undefined) return false;
  if (rest.length === 0) return true;
  return field.fieldKind === "message" && isPath(field.message, rest);
}

function add(tree: Tree, [name = "", ...rest]: readonly string[]): void {
  const present = tree.get(name);
  // A whole field covers its parts.
  if (tree.has(name) && present === undefined) return;
  if (rest.length === 0) {
    tree.set(name, undefined);
    return;
  }
  const child = present ?? new Map<string, Tree | undefined>();
  tree.set(name, child);
  add(child, rest);
}

interface Chosen {
  readonly case: string | undefined;
  readonly value?: unknown;
}

function startCopy(desc: DescMessage, tree: Tree): Copy {
  const plain: { readonly localName: string; readonly deep: Copy | undefined }[] = [];
  const members: ((typeof plain)[number] & { readonly oneof: string })[] = [];
  // What the oneofs of this message showed last.
  const held = new Map<string, Chosen>();
  for (const field of desc.fields) {
    if (!tree.has(field.name)) continue;
    const deep = startDeep(field, tree.get(field.name));
    const { localName, oneof } = field;
    if (oneof === undefined) plain.push({ localName, deep });
    else {
      members.push({ localName, deep, oneof: oneof.localName });
      if (deep !== undefined) {
        held.set(oneof.localName, { case: localName, value: deep(undefined) });
      }
    }
  }
  return (source) => {
    const target = create(desc);
    // Generated messages are plain objects whose keys are local names.
    const from = source as unknown as Record<string, unknown> | undefined;
    const to = target as unknown as Record<string, unknown>;
    for (const { localName, deep } of plain) {
      const value = from?.[localName];
      const copied = deep === undefined ? value : deep(value as Message | undefined);
      if (copied !== undefined) to[localName] = copied;
    }
    for (const { localName, deep, oneof } of members) {
      const chosen = from?.[oneof] as Chosen | undefined;
      if (chosen?.case === localName) {
        const value = deep === undefined ? chosen.value : deep(chosen.value as Message);
        held.set(oneof, { case: localName, value });
      } else if (deep === undefined && held.get(oneof)?.case === localName) held.delete(oneof);
    }
    for (const [oneof, chosen] of held) to[oneof] = chosen;
    return target;
  };
}

function startDeep(field: DescField, child: Tree | undefined): Copy | undefined {
  return child === undefined || field.fieldKind !== "message"
    ? undefined
    : startCopy(field.message, child);
}
