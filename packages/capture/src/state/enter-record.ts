import { Parameters } from "../event/parameters.ts";

// No enter event that is kept has more.
const MOST = 12;

/** A copy of an enter event that waits for its exit. One per thread serves all its calls. */
export class EnterRecord extends Parameters {
  /** Whether it holds one. */
  present = false;

  constructor() {
    super(MOST);
  }

  /** Copies the parameters of an event. */
  keep(event: Parameters): void {
    this.type = event.type;
    this.count = Math.min(event.count, MOST);
    let size = 0;
    for (let i = 0; i < this.count; i++) size += event.lengthOf(i);
    if (size > this.bytes.length) {
      this.bytes = new Uint8Array(Math.max(64, size));
      this.view = new DataView(this.bytes.buffer);
    }
    let at = 0;
    for (let i = 0; i < this.count; i++) {
      const length = event.lengthOf(i);
      const from = event.offsetOf(i);
      for (let k = 0; k < length; k++) this.bytes[at + k] = event.bytes[from + k] ?? 0;
      this.offsets[i] = at;
      this.lengths[i] = length;
      at += length;
    }
    this.present = true;
  }
}
