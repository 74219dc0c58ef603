// Fields that a source of events fills in. Captures and the live sensor add theirs here.
const PROVIDED: ReadonlySet<string> = new Set();

/** Whether some source of events fills in the field of that name; otherwise its value is always missing. */
export function isFieldProvided(name: string): boolean {
  return PROVIDED.has(name);
}
