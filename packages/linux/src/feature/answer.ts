/** What a probe found out. A reason is given for everything but a plain yes. */
export interface ProbeAnswer {
  /** `inconclusive`: something else stood in the way, e.g. a missing capability. */
  readonly answer: "yes" | "no" | "inconclusive";
  readonly reason: string;
}

/** The kernel has it. */
export const YES: ProbeAnswer = { answer: "yes", reason: "" };

/** The kernel does not have it. */
export function no(reason: string): ProbeAnswer {
  return { answer: "no", reason };
}

/** It could not be found out. */
export function inconclusive(reason: string): ProbeAnswer {
  return { answer: "inconclusive", reason };
}
