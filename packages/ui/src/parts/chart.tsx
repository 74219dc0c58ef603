import type { ReactNode } from "react";

import { compact } from "./format.ts";

const WIDTH = 600;
const HEIGHT = 120;

/** A line over time, the newest value on the right, as an SVG that fills its place. */
export function LineChart({
  values,
  room,
  label,
}: {
  readonly values: readonly number[];
  /** How many values the width holds. */
  readonly room: number;
  readonly label: string;
}): ReactNode {
  const top = Math.max(1, ...values);
  const step = WIDTH / (room - 1);
  const left = WIDTH - (values.length - 1) * step;
  const points = values.map((value, index) => {
    const y = HEIGHT - 4 - (value / top) * (HEIGHT - 16);
    return `${(left + index * step).toFixed(1)},${y.toFixed(1)}`;
  });
  const area =
    points.length > 1 ? `${left.toFixed(1)},${HEIGHT} ${points.join(" ")} ${WIDTH},${HEIGHT}` : "";
  return (
    <figure className="chart">
      <svg
        viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
        preserveAspectRatio="none"
        role="img"
        aria-label={label}
      >
        <polygon className="area" points={area} />
        <polyline className="line" points={points.join(" ")} vectorEffect="non-scaling-stroke" />
      </svg>
      <figcaption>
        <span>{label}</span>
        <span>top {compact(top)}</span>
      </figcaption>
    </figure>
  );
}
