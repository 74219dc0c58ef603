/** Counters and histograms with labels, and their text in Prometheus' exposition format. */
export interface MetricRegistry {
  /** A counter. Names it and its labels; the function counts for their values, in that order, one unless told. */
  readonly counter: (
    name: string,
    help: string,
    labels: readonly string[],
  ) => (values: readonly string[], by?: number) => void;
  /** A histogram with Prometheus' default buckets. The function notes a value. */
  readonly histogram: (
    name: string,
    help: string,
    labels: readonly string[],
  ) => (values: readonly string[], value: number) => void;
  /** The exposition: families by name, series by the values of their labels. Families without series are left out. */
  readonly text: () => string;
  /** How many series there are. */
  readonly size: () => number;
}

/** The upper bounds of Prometheus' default buckets, in seconds. */
const BUCKETS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

interface Series {
  readonly values: readonly string[];
  count: number;
  sum: number;
  /** Of a histogram: how many values were in each bucket, not cumulated; the last is +Inf. */
  readonly buckets: number[] | undefined;
}

interface Family {
  readonly name: string;
  readonly help: string;
  readonly type: "counter" | "histogram";
  /** Names of labels in the order in which they are printed, with the place of each in the caller's order. */
  readonly labels: readonly { readonly name: string; readonly place: number }[];
  readonly series: Map<string, Series>;
}

/** An empty registry. Series are bounded: from `maxSeries` on new combinations of labels are not counted. */
export function createMetricRegistry(maxSeries = 100_000): MetricRegistry {
  const families: Family[] = [];
  let total = 0;
  const add = (
    type: Family["type"],
    name: string,
    help: string,
    labels: readonly string[],
  ): Family => {
    const sorted = labels
      .map((label, place) => ({ name: label, place }))
      .toSorted((left, right) => (left.name < right.name ? -1 : 1));
    const family: Family = { name, help, type, labels: sorted, series: new Map() };
    families.push(family);
    return family;
  };
  const find = (family: Family, values: readonly string[]): Series | undefined => {
    const key = values.join("\u0000");
    const present = family.series.get(key);
    if (present !== undefined || total >= maxSeries) return present;
    const buckets =
      family.type === "histogram" ? Array.from({ length: BUCKETS.length + 1 }, () => 0) : undefined;
    const series: Series = { values: [...values], count: 0, sum: 0, buckets };
    family.series.set(key, series);
    total += 1;
    return series;
  };
  return {
    counter: (name, help, labels) => {
      const family = add("counter", name, help, labels);
      return (values, by = 1) => {
        const series = find(family, values);
        if (series !== undefined) series.count += by;
      };
    },
    histogram: (name, help, labels) => {
      const family = add("histogram", name, help, labels);
      return (values, value) => {
        const series = find(family, values);
        if (series?.buckets === undefined) return;
        const found = BUCKETS.findIndex((bound) => value <= bound);
        const bucket = found < 0 ? BUCKETS.length : found;
        series.buckets[bucket] = (series.buckets[bucket] ?? 0) + 1;
        series.count += 1;
        series.sum += value;
      };
    },
    text: () =>
      families
        .filter(({ series }) => series.size > 0)
        .toSorted((left, right) => (left.name < right.name ? -1 : 1))
        .map((family) => familyText(family))
        .join(""),
    size: () => total,
  };
}

function familyText({ name, help, type, labels, series }: Family): string {
  const rows = [...series.values()].map((one) => ({
    one,
    sorted: labels.map(({ place }) => one.values[place] ?? ""),
  }));
  rows.sort((left, right) => compareValues(left.sorted, right.sorted));
  const lines = rows.flatMap(({ one, sorted }) => {
    const pairs = labels.map(
      ({ name: label }, index) => `${label}="${escape(sorted[index] ?? "")}"`,
    );
    const plain = pairs.length === 0 ? "" : `{${pairs.join(",")}}`;
    if (one.buckets === undefined) return [`${name}${plain} ${numberText(one.count)}`];
    let below = 0;
    const text: string[] = [];
    for (const [index, count] of one.buckets.entries()) {
      below += count;
      const bound = BUCKETS[index];
      const le = `le="${bound === undefined ? "+Inf" : numberText(bound)}"`;
      text.push(`${name}_bucket{${pairs.concat(le).join(",")}} ${numberText(below)}`);
    }
    text.push(`${name}_sum${plain} ${numberText(one.sum)}`);
    text.push(`${name}_count${plain} ${numberText(one.count)}`);
    return text;
  });
  return `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n${lines.join("\n")}\n`;
}

function compareValues(left: readonly string[], right: readonly string[]): number {
  for (const [index, value] of left.entries()) {
    const other = right[index] ?? "";
    if (value !== other) return value < other ? -1 : 1;
  }
  return 0;
}

function escape(value: string): string {
  return value.replace(/[\\"\n]/g, (character) => (character === "\n" ? "\\n" : `\\${character}`));
}

/** A number as Go's `%g` prints it: with an exponent below 1e-4 and from a million on. */
function numberText(value: number): string {
  const [mantissa = "", power = "0"] = value.toExponential().split("e");
  const exponent = Number(power);
  if (exponent >= -4 && exponent < 6) return String(value);
  return `${mantissa}e${exponent < 0 ? "-" : "+"}${String(Math.abs(exponent)).padStart(2, "0")}`;
}
