/** Options of a metric by their names in lower case. An option without a value has the empty one. */
export type MetricOptions = ReadonlyMap<string, string>;

/** A configuration of metrics that cannot be, in Hubble's words. */
export class MetricConfigError extends Error {
  override name = "MetricConfigError";
}

/** A metric to be collected. */
export interface MetricConfig {
  readonly name: string;
  readonly options: MetricOptions;
}

/** Reads `name[:option[=value][;…]]`. */
export function readMetricConfig(text: string): MetricConfig {
  const colon = text.indexOf(":");
  if (colon < 0) return { name: text, options: new Map() };
  const options = new Map<string, string>();
  for (const option of text.slice(colon + 1).split(";")) {
    const equals = option.indexOf("=");
    const name = equals < 0 ? option : option.slice(0, equals);
    if (name !== "") options.set(name.toLowerCase(), equals < 0 ? "" : option.slice(equals + 1));
  }
  return { name: text.slice(0, colon), options };
}
