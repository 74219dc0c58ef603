/**
 * The names that somebody may have meant, best first: at most `limit`, whatever the case of their letters. None differs
 * by more than a third of its letters unless it contains the wanted name, and none by a whole letter more than the
 * best. Looks at no more than 200,000 candidates.
 */
export function nearNames(wanted: string, candidates: Iterable<string>, limit = 3): string[] {
  const scores = new Map<string, number>();
  const letters = wanted.slice(0, LONGEST).toLowerCase();
  const most = Math.max(2, Math.floor(letters.length / 3));
  let seen = 0;
  let best = Number.POSITIVE_INFINITY;
  for (const name of candidates) {
    seen += 1;
    if (seen > 200_000) break;
    if (name === wanted || name === "") continue;
    const score = scoreOf(letters, name, most);
    if (score > most || score >= best + 1) continue;
    best = Math.min(best, score);
    scores.set(name, score);
  }
  return [...scores]
    .filter(([, score]) => score < best + 1)
    .sort(([a, scoreA], [b, scoreB]) => scoreA - scoreB || (a < b ? -1 : 1))
    .slice(0, limit)
    .map(([name]) => name);
}

/** The end of a sentence: `; near names are "eth0" and "eth1"`, or nothing when no name is near. */
export function nearHint(wanted: string, candidates: Iterable<string>): string {
  const names = nearNames(wanted, candidates).map((name) => `"${name}"`);
  if (names.length === 0) return "";
  if (names.length === 1) return `; did you mean ${names.join("")}?`;
  return `; near names are ${names.slice(0, -1).join(", ")} and ${names.at(-1) ?? ""}`;
}

const LONGEST = 256;

function scoreOf(wanted: string, name: string, most: number): number {
  const holds = wanted.length >= 3 && name.length >= wanted.length;
  if (!holds && Math.abs(name.length - wanted.length) > most) return Number.POSITIVE_INFINITY;
  const letters = name.toLowerCase();
  if (holds && letters.includes(wanted)) return 1 + (name.length - wanted.length) / 1000;
  if (name.length - wanted.length > most) return Number.POSITIVE_INFINITY;
  return editDistance(wanted, letters);
}

/** Levenshtein's distance, two swapped letters counting as one change. Time grows with the product of the lengths. */
export function editDistance(from: string, to: string): number {
  let before: number[] = [];
  let row = Array.from({ length: to.length + 1 }, (_, index) => index);
  for (let i = 1; i <= from.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= to.length; j += 1) {
      const change = (row[j - 1] ?? 0) + (from[i - 1] === to[j - 1] ? 0 : 1);
      const swapped = i > 1 && from[i - 1] === to[j - 2] && from[i - 2] === to[j - 1];
      const swap = swapped ? (before[j - 2] ?? Infinity) + 1 : Infinity;
      next.push(Math.min(change, swap, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    before = row;
    row = next;
  }
  return row[to.length] ?? 0;
}
