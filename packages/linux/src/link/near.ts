/**
 * The names that somebody may have meant, best first: at most `limit`, none that differs by more than a third of its
 * letters unless one contains the other. Looks at no more than 200,000 candidates.
 */
export function nearNames(wanted: string, candidates: Iterable<string>, limit = 3): string[] {
  const scored: { name: string; score: number }[] = [];
  const most = Math.max(2, Math.floor(wanted.length / 3));
  let seen = 0;
  for (const name of candidates) {
    seen += 1;
    if (seen > 200_000) break;
    if (name === wanted) continue;
    const score = scoreOf(wanted, name, most);
    if (score <= most) scored.push({ name, score });
  }
  scored.sort((a, b) => a.score - b.score || (a.name < b.name ? -1 : 1));
  return [...new Set(scored.map(({ name }) => name))].slice(0, limit);
}

function scoreOf(wanted: string, name: string, most: number): number {
  if (wanted.length >= 3 && name.includes(wanted)) return 1 + (name.length - wanted.length) / 1000;
  if (Math.abs(name.length - wanted.length) > most) return Number.POSITIVE_INFINITY;
  return distance(wanted, name);
}

// Levenshtein's distance with one row of memory; names are short.
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const change = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min((row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1, change));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}

/** The end of a sentence: `; near names are "eth0" and "eth1"`, or nothing when no name is near. */
export function nearHint(wanted: string, candidates: Iterable<string>): string {
  const names = nearNames(wanted, candidates).map((name) => `"${name}"`);
  if (names.length === 0) return "";
  if (names.length === 1) return `; did you mean ${names.join("")}?`;
  return `; near names are ${names.slice(0, -1).join(", ")} and ${names.at(-1) ?? ""}`;
}
