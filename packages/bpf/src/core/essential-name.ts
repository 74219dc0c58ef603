/**
 * The name without its flavour: `task_struct___old` stands for the kernel's `task_struct`. A flavour starts at the last
 * `___` that has no further underscore on either side.
 */
export function essentialName(name: string): string {
  for (let at = name.length - 5; at >= 0; at -= 1) {
    if (name[at] !== "_" && name.startsWith("___", at + 1) && name[at + 4] !== "_") {
      return name.slice(0, at + 1);
    }
  }
  return name;
}
