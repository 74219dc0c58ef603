// `observe` has the flags of another program, where order matters (`--not` stands for the next filter) and short flags may
// be bundled: it reads its words itself.
const OWN_READER = "observe";

/** The words of the command line as the parser takes them: everything behind `observe` is no flag of ours. */
export function readableWords(words: readonly string[]): string[] {
  const [command, ...rest] = words;
  if (command !== OWN_READER || rest.some((word) => word === "--help" || word === "-h")) {
    return [...words];
  }
  return [command, "--", ...rest];
}
