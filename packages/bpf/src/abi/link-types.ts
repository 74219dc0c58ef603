import { LINK_TYPES } from "./link-types.gen.ts";

/** A link type, named as the kernel names it, in lower case and without its prefix. */
export type LinkType = keyof typeof LINK_TYPES;

const names = new Map<number, LinkType>(
  // Every key of the table is one of its own names.
  (Object.keys(LINK_TYPES) as LinkType[]).map((name) => [LINK_TYPES[name], name]),
);

/** The kernel's number of a link type. */
export function linkTypeNumber(type: LinkType): number {
  return LINK_TYPES[type];
}

/** The name of a link type by the kernel's number; `undefined` for one that is newer than this table. */
export function linkTypeName(value: number): LinkType | undefined {
  return names.get(value);
}

/** Whether a string names a link type. */
export function isLinkType(name: string): name is LinkType {
  return Object.hasOwn(LINK_TYPES, name);
}
