import { NONE } from "./keys.ts";

/** Which element of a table was used least recently. */
export interface Recency {
  readonly add: (element: number) => void;
  readonly remove: (element: number) => void;
  /** Notes that a program looked at it. */
  readonly use: (element: number) => void;
  /** The element to give up; `NONE` when there is none. */
  readonly oldest: () => number;
}

/**
 * A list from the newest element to the oldest, with a second chance for what was used since it was last passed, like
 * the lists of kernel/bpf/bpf_lru_list.c. The kernel's are split by processor and cleared in batches, so that it may give up
 * another element, or several.
 */
export function createRecency(elements: number): Recency {
  // One place more is the head: the newest follows it, the oldest is before it.
  const head = elements;
  const newer = new Int32Array(elements + 1).fill(head);
  const older = new Int32Array(elements + 1).fill(head);
  const used = new Uint8Array(elements);

  const remove = (element: number): void => {
    const before = newer[element] ?? head;
    const after = older[element] ?? head;
    older[before] = after;
    newer[after] = before;
  };
  const add = (element: number): void => {
    const first = older[head] ?? head;
    older[head] = element;
    newer[element] = head;
    older[element] = first;
    newer[first] = element;
    used[element] = 0;
  };
  return {
    add,
    remove,
    use: (element) => {
      used[element] = 1;
    },
    oldest: () => {
      for (let passed = 0; passed <= elements; passed++) {
        const element = newer[head] ?? head;
        if (element === head) return NONE;
        if (used[element] === 0) return element;
        remove(element);
        add(element);
      }
      return NONE;
    },
  };
}
