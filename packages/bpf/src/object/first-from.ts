/** Index of the first element of a list, ascending by offset, that lies at `offset` or after it. */
export function firstFrom(list: readonly { readonly offset: number }[], offset: number): number {
  let low = 0;
  let high = list.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((list[middle]?.offset ?? Infinity) < offset) low = middle + 1;
    else high = middle;
  }
  return low;
}
