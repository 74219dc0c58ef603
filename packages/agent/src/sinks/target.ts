import type { Alert } from "@ocelli/rules";

/** An alert on its way out. */
export interface Delivery {
  readonly alert: Alert;
  /** How many alerts like it were held back since the last one that went out. */
  readonly heldBack: number;
}

/** What a failed delivery says about trying again. */
export class DeliveryError extends Error {
  /** Whether the same alerts may be taken later. */
  readonly mayRetry: boolean;
  /** How long the other side asks to wait, in milliseconds. */
  readonly retryAfterMs: number | undefined;

  constructor(message: string, mayRetry: boolean, retryAfterMs?: number) {
    super(message);
    this.name = "DeliveryError";
    this.mayRetry = mayRetry;
    this.retryAfterMs = retryAfterMs;
  }
}

/** Where alerts go: a file, a program, a service. The queue in front of it is {@link Sink}'s business. */
export interface Target {
  /** For people and for counters. */
  readonly name: string;
  /** How many alerts it takes at once. */
  readonly batchSize: number;
  /** Delivers alerts, all or none; throws {@link DeliveryError}. Ends soon when the signal fires. */
  readonly send: (batch: readonly Delivery[], signal: AbortSignal) => Promise<void>;
  /** Opens files anew, after they were moved away. */
  readonly reopen?: () => Promise<void>;
  /** Lets go of everything that is open. */
  readonly close: () => Promise<void>;
}
