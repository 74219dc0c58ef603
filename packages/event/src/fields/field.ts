/** What the values of a field are. `dynamic` takes the type of the event parameter that is asked for. */
export type FieldType =
  | "text"
  | "bytes"
  | "bool"
  | "int16"
  | "int32"
  | "int64"
  | "uint32"
  | "uint64"
  | "double"
  | "abstime"
  | "reltime"
  | "ip"
  | "net"
  | "port"
  | "dynamic";

/** Which group a field is documented with. */
export type FieldClass =
  | "evt"
  | "process"
  | "user"
  | "group"
  | "fd"
  | "fs.path"
  | "fdlist"
  | "container"
  | "ka"
  | "json";

/** What may stand in brackets after a field: a number, a name, or either. */
export interface FieldArgument {
  readonly required: boolean;
  readonly takes: "index" | "key" | "index-or-key";
}

/** One field of the catalogue. */
export interface Field {
  readonly name: string;
  readonly class: FieldClass;
  readonly type: FieldType;
  /** Whether it holds several values at once. */
  readonly list: boolean;
  readonly argument?: FieldArgument;
  /** One sentence for a person. */
  readonly doc: string;
}

const LINE = /^([a-zA-Z0-9_.]+)(?:\[(\??)(index|key|index-or-key)\])? ([a-z0-9]+)( list)?: (.+)$/;

/**
 * Reads a table of fields, one a line: `name type: doc`, after the name `[index]`, `[key]` or `[index-or-key]` when an
 * argument is needed, with `?` before it when it may be left out; ` list` after the type. Throws on any other line, as
 * tables are part of the program.
 */
export function readFieldTable(fieldClass: FieldClass, table: string): readonly Field[] {
  return table
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "")
    .map((line) => {
      const found = LINE.exec(line);
      if (found === null) throw new SyntaxError(`Cannot read the field "${line}"`);
      const [, name = "", optional, takes, type = "text", list, doc = ""] = found;
      const field: Field = {
        name,
        class: fieldClass,
        // The test of the catalogue holds every type against the reference.
        type: type as FieldType,
        list: list !== undefined,
        doc,
      };
      if (takes === undefined) return field;
      const argument = { required: optional === "", takes: takes as FieldArgument["takes"] };
      return Object.assign(field, { argument });
    });
}
