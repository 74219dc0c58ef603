/** One member of a struct or union. */
export interface BtfMember {
  readonly name: string;
  readonly typeId: number;
  /** From the start of the struct, in bits. */
  readonly offsetBits: number;
  /** Width of a bit field; 0 for every other member. */
  readonly bitfieldBits: number;
}

/** One enumerator. The value is exact as a `bigint` when it needs more than 53 bits, else a number. */
export interface BtfEnumerator {
  readonly name: string;
  readonly value: number | bigint;
}

/** One parameter of a function; typeId 0 and an empty name in last place mean `...`. */
export interface BtfParameter {
  readonly name: string;
  readonly typeId: number;
}

/** One variable of a data section. Offsets and sizes in bytes. */
export interface BtfSectionVariable {
  readonly typeId: number;
  readonly offset: number;
  readonly size: number;
}

/** How far a FUNC or VAR is visible. */
export type BtfLinkage = "static" | "global" | "extern";

/**
 * A BTF type, after Documentation/bpf/btf.rst. Types name each other by id; id 0 is `void`. `name` is empty for an
 * anonymous type. Sizes are bytes.
 */
export type BtfType =
  | { readonly kind: "void" }
  | {
      readonly kind: "int";
      readonly name: string;
      readonly size: number;
      readonly bits: number;
      readonly offsetBits: number;
      readonly encoding: "unsigned" | "signed" | "char" | "bool";
    }
  | { readonly kind: "ptr"; readonly typeId: number }
  | {
      readonly kind: "array";
      readonly typeId: number;
      readonly indexTypeId: number;
      readonly length: number;
    }
  | {
      readonly kind: "struct" | "union";
      readonly name: string;
      readonly size: number;
      readonly members: readonly BtfMember[];
    }
  | {
      readonly kind: "enum" | "enum64";
      readonly name: string;
      readonly size: number;
      readonly signed: boolean;
      readonly values: readonly BtfEnumerator[];
    }
  | { readonly kind: "fwd"; readonly name: string; readonly target: "struct" | "union" }
  | { readonly kind: "typedef"; readonly name: string; readonly typeId: number }
  | { readonly kind: "volatile" | "const" | "restrict"; readonly typeId: number }
  /** `attribute`: the kind flag is set, and the tag is a GNU attribute rather than a BTF type tag (Linux 6.15). */
  | {
      readonly kind: "type_tag";
      readonly name: string;
      readonly typeId: number;
      readonly attribute: boolean;
    }
  | {
      readonly kind: "func";
      readonly name: string;
      readonly typeId: number;
      readonly linkage: BtfLinkage;
    }
  | {
      readonly kind: "func_proto";
      readonly returnTypeId: number;
      readonly parameters: readonly BtfParameter[];
    }
  | {
      readonly kind: "var";
      readonly name: string;
      readonly typeId: number;
      readonly linkage: BtfLinkage;
    }
  | {
      readonly kind: "datasec";
      readonly name: string;
      readonly size: number;
      readonly variables: readonly BtfSectionVariable[];
    }
  | { readonly kind: "float"; readonly name: string; readonly size: number }
  /** `component` is the index of the member or parameter that is tagged, -1 for the whole type. */
  | {
      readonly kind: "decl_tag";
      readonly name: string;
      readonly typeId: number;
      readonly component: number;
      readonly attribute: boolean;
    };

/** The kinds, named as in the kernel's BTF_KIND_*, in lower case. */
export type BtfKind = BtfType["kind"];

/** The type of one kind. */
export type BtfTypeOf<K extends BtfKind> = Extract<BtfType, { readonly kind: K }>;

/**
 * BTF that can be asked for types one at a time. Reading it indexes; a type is decoded when it is asked for, and not
 * kept. Split BTF (modules) has a `base`, continues its ids and its string offsets, and answers for both.
 */
export interface Btf {
  readonly base: Btf | undefined;
  /** Byte order of the encoded form. */
  readonly littleEndian: boolean;
  /** The encoded form that was read, without copying; without the base's. What BPF_BTF_LOAD takes. */
  readonly bytes: Uint8Array;
  /** The first id that is its own: 1 without a base. */
  readonly firstId: number;
  /** One more than the largest id. */
  readonly endId: number;
  /** One more than the largest string offset, the base's included: where split BTF on top of this one continues. */
  readonly endString: number;
  /** Decodes one type; `undefined` when there is no such id. */
  type(id: number): BtfType | undefined;
  /** The kind alone, without decoding the rest; `undefined` when there is no such id. Id 0 is `void`. */
  kindOf(id: number): BtfKind | undefined;
  /** The name alone, empty for anonymous types and unknown ids. */
  nameOf(id: number): string;
  /** Ids of all types with that name, of that kind if one is given, in ascending order, the base's first. */
  idsByName(name: string, kind?: BtfKind): readonly number[];
  /** A string by its offset in the string table; `undefined` when it is out of range. */
  stringAt(offset: number): string | undefined;
}
