/** The names that a piece of source mentions, in the order in which they come first. */
export function namesIn(node: unknown): ReadonlySet<string> {
  const found = new Set<string>();
  const visit = (one: unknown): void => {
    if (typeof one !== "object" || one === null) return;
    if (Array.isArray(one)) {
      for (const each of one) visit(each);
      return;
    }
    if ("kind" in one && one.kind === "name" && "name" in one && typeof one.name === "string")
      found.add(one.name);
    for (const each of Object.values(one)) visit(each);
  };
  visit(node);
  return found;
}
