/** Longest name that the kernel keeps: 16 bytes with the NUL at the end. */
const MAX_NAME = 15;

/**
 * The name that a section's map gets in the kernel, derived as libbpf derives it: the first letters of the object's
 * name, then the section's; a section with a name of its own (`.data.x`) keeps that alone. What the kernel refuses becomes
 * `_`. At most 15 bytes.
 */
export function kernelMapName(section: string, objectName: string): string {
  if (!section.startsWith(".")) return section.slice(0, MAX_NAME).replaceAll(/[^\w.]/g, "_");
  const hasOwnName = section.includes(".", 1);
  const suffix = section.slice(0, MAX_NAME);
  // Short suffixes leave the object's name 8 letters, as ".rodata" does.
  const room = hasOwnName ? 0 : MAX_NAME - Math.max(7, suffix.length);
  return `${objectName.slice(0, room)}${suffix}`.replaceAll(/[^\w.]/g, "_");
}
