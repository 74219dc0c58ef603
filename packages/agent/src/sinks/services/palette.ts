import type { Alert, Priority } from "@ocelli/rules";

import { fieldText } from "../template.ts";

/** A colour for each priority, as 0xRRGGBB. */
export const COLORS: Readonly<Record<Priority, number>> = {
  Emergency: 0xe2_0b_0b,
  Alert: 0xff_54_00,
  Critical: 0xff_9b_00,
  Error: 0xff_c7_00,
  Warning: 0xff_ff_00,
  Notice: 0x5b_ff_b5,
  Informational: 0x68_c2_ff,
  Debug: 0xcc_f2_ff,
};

/** A colour as `#rrggbb`. */
export function hexColor(priority: Priority): string {
  return `#${COLORS[priority].toString(16).padStart(6, "0")}`;
}

/** The facts of an alert as pairs of title and text: rule, priority, source, tags, and its fields by name. */
export function factsOf(alert: Alert): readonly (readonly [string, string])[] {
  return [
    ["rule", alert.rule],
    ["priority", alert.priority],
    ["source", alert.source],
    ...(alert.tags.length > 0 ? [["tags", alert.tags.join(", ")] as const] : []),
    ...[...alert.fields.keys()].sort().map((name) => [name, fieldText(alert, name)] as const),
  ];
}

/** A text of at most that many characters; what is cut is shown by an ellipsis. */
export function clip(text: string, most: number): string {
  return text.length <= most ? text : `${text.slice(0, most - 1)}…`;
}

/** The message, with how many like it were held back. */
export function messageOf(alert: Alert, heldBack: number): string {
  return heldBack === 0 ? alert.message : `${alert.message} (and ${heldBack} like it)`;
}
