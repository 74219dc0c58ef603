/** What a block of a `.scap` file holds. */
export type ScapBlockKind =
  | "section"
  | "machine"
  | "processes"
  | "fds"
  | "interfaces"
  | "users"
  | "event";

/** A type of block: its kind, and which of the forms of that kind it has. */
export interface ScapBlockType {
  readonly kind: ScapBlockKind;
  /** Version of the entries or of the event, from 1. */
  readonly version: number;
  /** Events only: a u32 of flags stands behind the CPU. */
  readonly flags: boolean;
  /** Events only: parameters have 32-bit lengths. */
  readonly large: boolean;
}

/** Type number of a section header, the same read from either end as the byte-order mark of pcapng. */
export const SECTION_HEADER = 0x0a0d0d0a;

const TYPES: ReadonlyMap<number, ScapBlockType> = new Map([
  block(SECTION_HEADER, "section", 1),
  block(0x201, "machine", 1),
  block(0x202, "processes", 1),
  block(0x203, "fds", 1),
  block(0x204, "event", 1),
  block(0x205, "interfaces", 1),
  block(0x206, "users", 1),
  block(0x207, "processes", 2),
  block(0x208, "event", 1, { flags: true }),
  block(0x209, "processes", 3),
  block(0x210, "processes", 4),
  block(0x211, "processes", 5),
  block(0x212, "processes", 6),
  block(0x213, "processes", 7),
  block(0x214, "processes", 8),
  block(0x215, "processes", 9),
  block(0x216, "event", 2),
  block(0x217, "event", 2, { flags: true }),
  block(0x218, "fds", 2),
  block(0x219, "interfaces", 2),
  block(0x220, "users", 2),
  block(0x221, "event", 2, { large: true }),
  block(0x222, "event", 2, { flags: true, large: true }),
  // Before the first release of the format.
  block(0x8000abcd, "processes", 1),
  block(0x8001abcd, "fds", 1),
  block(0x8002abcd, "machine", 1),
  block(0x8010abcd, "event", 1),
  block(0x8011abcd, "interfaces", 1),
  block(0x8012abcd, "users", 1),
  block(0x8013abcd, "processes", 2),
  block(0x8014abcd, "processes", 3),
]);

/** The kind and version of a block, from the number in its header; undefined for one that nobody wrote until now. */
export function scapBlockType(type: number): ScapBlockType | undefined {
  return TYPES.get(type);
}

function block(
  type: number,
  kind: ScapBlockKind,
  version: number,
  form: { readonly flags?: boolean; readonly large?: boolean } = {},
): [number, ScapBlockType] {
  return [type, { kind, version, flags: form.flags ?? false, large: form.large ?? false }];
}

/** The number of a type of block, for its header; undefined for a version that does not exist. */
export function scapBlockNumber(form: ScapBlockType): number | undefined {
  for (const [number, { kind, version, flags, large }] of TYPES)
    if (kind === form.kind && version === form.version)
      if (flags === form.flags && large === form.large) return number;
  return undefined;
}
