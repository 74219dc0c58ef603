import type { MapSpec } from "@ocelli/bpf";

import type { VmMemory } from "../memory/memory.ts";
import { NONE } from "./keys.ts";
import { allocateValues, ERRNO, strideOf, UPDATE, type VmMap } from "./map.ts";

/** Bytes of a key before its address: the length of the prefix in bits. */
const LENGTH_BYTES = 4;

/**
 * Makes a trie that finds the longest prefix of an address (kernel/bpf/lpm_trie.c). A key is a u32 length in bits and the
 * address's bytes, most significant first. Nodes and values are set aside at the start; the links between them are outside
 * the memory.
 *
 * ```
 * element   key, rounded up to 8 | value, rounded up to 8
 * ```
 */
export function createLpmTrie(memory: VmMemory, spec: MapSpec): VmMap {
  const { keySize, valueSize, maxEntries } = spec;
  const { bytes, view } = memory;
  const maxPrefix = (keySize - LENGTH_BYTES) * 8;
  const valueOffset = strideOf(keySize);
  const stride = valueOffset + strideOf(valueSize);
  // As with hash tables, an update writes a new element.
  const elements = maxEntries + 1;
  const base = allocateValues(memory, spec, stride * elements);
  const free = Array.from({ length: elements }, (_, index) => elements - 1 - index);
  let count = 0;
  const root: Node = { element: NONE, children: [undefined, undefined] };

  const placeOf = (element: number): number => base + element * stride;
  const bit = (key: number, index: number): 0 | 1 =>
    (((bytes[key + LENGTH_BYTES + (index >> 3)] ?? 0) >> (7 - (index & 7))) & 1) === 0 ? 0 : 1;
  const lengthOf = (key: number): number => view.getUint32(key, true);
  /** The node of exactly this prefix; `undefined` where none was made. */
  const nodeOf = (key: number): Node | undefined => {
    let node: Node | undefined = root;
    const length = lengthOf(key);
    for (let index = 0; index < length && node !== undefined; index++)
      node = node.children[bit(key, index)];
    return node;
  };
  const makeNode = (key: number): Node => {
    let node = root;
    const length = lengthOf(key);
    for (let index = 0; index < length; index++) {
      const side = bit(key, index);
      node.children[side] ??= { element: NONE, children: [undefined, undefined] };
      node = node.children[side];
    }
    return node;
  };
  /** Drops the nodes on the way to a prefix that lead nowhere any more. */
  const prune = (key: number): void => {
    const path: Node[] = [root];
    const length = lengthOf(key);
    for (let index = 0; index < length; index++) {
      const node = path.at(-1)?.children[bit(key, index)];
      if (node === undefined) return;
      path.push(node);
    }
    for (let index = length; index > 0; index--) {
      const node = path[index];
      const parent = path[index - 1];
      if (node === undefined || parent === undefined || node.element !== NONE) return;
      if (node.children[0] !== undefined || node.children[1] !== undefined) return;
      parent.children[bit(key, index - 1)] = undefined;
    }
  };
  return {
    spec,
    memory,
    lookup: (key) => {
      const length = lengthOf(key);
      if (length > maxPrefix) return 0;
      let found = root.element;
      let node: Node | undefined = root;
      for (let index = 0; index < length; index++) {
        node = node.children[bit(key, index)];
        if (node === undefined) break;
        if (node.element !== NONE) found = node.element;
      }
      return found === NONE ? 0 : placeOf(found) + valueOffset;
    },
    update: (key, value, flags) => {
      if (flags < 0 || flags > UPDATE.exist || lengthOf(key) > maxPrefix) return -ERRNO.EINVAL;
      const old = nodeOf(key)?.element ?? NONE;
      if (old !== NONE && flags === UPDATE.noexist) return -ERRNO.EEXIST;
      if (old === NONE && flags === UPDATE.exist) return -ERRNO.ENOENT;
      if (old === NONE && count >= maxEntries) return -ERRNO.ENOSPC;
      const element = free.pop();
      if (element === undefined) return -ERRNO.ENOMEM;
      const place = placeOf(element);
      bytes.copyWithin(place, key, key + keySize);
      bytes.copyWithin(place + valueOffset, value, value + valueSize);
      makeNode(key).element = element;
      if (old === NONE) count += 1;
      else free.push(old);
      return 0;
    },
    remove: (key) => {
      if (lengthOf(key) > maxPrefix) return -ERRNO.EINVAL;
      const node = nodeOf(key);
      if (node === undefined || node.element === NONE) return -ERRNO.ENOENT;
      free.push(node.element);
      node.element = NONE;
      count -= 1;
      prune(key);
      return 0;
    },
    // Longer prefixes before those that hold them, as trie_get_next_key() goes.
    *entries() {
      const work: { node: Node; visited: boolean }[] = [{ node: root, visited: false }];
      for (let top = work.pop(); top !== undefined; top = work.pop()) {
        const { node, visited } = top;
        if (visited) {
          if (node.element !== NONE) {
            const place = placeOf(node.element);
            yield [place, place + valueOffset];
          }
          continue;
        }
        work.push({ node, visited: true });
        for (const child of node.children.toReversed())
          if (child !== undefined) work.push({ node: child, visited: false });
      }
    },
  };
}

interface Node {
  element: number;
  readonly children: [Node | undefined, Node | undefined];
}
