import type { Layout } from "@ocelli/compiler";
import type { RecordMemory } from "@ocelli/linux";

import { codecOf } from "./codec.ts";

/** One object that is pointed at record after record: members are read from the memory when they are asked for. */
export interface RecordCursor {
  /** The view; valid until the record's memory is given back. */
  readonly view: object;
  /** Points the view at a record. */
  at(memory: Pick<RecordMemory, "view">, offset: number): void;
}

/** Makes the view class of a struct once; each call of the result gives a view of its own. */
export function recordViews(layout: Layout): () => RecordCursor {
  const whole = codecOf(layout);
  const fields = layout.kind === "struct" ? layout.fields : [];
  class View {
    memory: DataView = NOTHING;
    offset = 0;
    /** All members at once, as a plain object that stays. */
    toJSON(): unknown {
      return whole.read(this.memory, this.offset);
    }
  }
  for (const { name, offset, layout: own, shift } of fields) {
    // A bit field's place is known to its struct only: it is read as a struct with that one member.
    const codec = own.kind === "bits" ? undefined : codecOf(own);
    const single =
      codec === undefined && layout.kind === "struct"
        ? codecOf({ ...layout, fields: [{ name, offset, shift, layout: own }] })
        : undefined;
    Object.defineProperty(View.prototype, name, {
      enumerable: true,
      get(this: View): unknown {
        if (codec !== undefined) return codec.read(this.memory, this.offset + offset);
        const read = single?.read(this.memory, this.offset) as Record<string, unknown> | undefined;
        return read?.[name];
      },
    });
  }
  return () => {
    const view = new View();
    // Not members of the record: they stay out of loops over its names.
    Object.defineProperty(view, "memory", { enumerable: false, writable: true });
    Object.defineProperty(view, "offset", { enumerable: false, writable: true });
    return {
      view,
      at(memory, offset) {
        // Reading is all that happens with it.
        view.memory = memory.view as DataView;
        view.offset = offset;
      },
    };
  };
}

const NOTHING = new DataView(new ArrayBuffer(0));
