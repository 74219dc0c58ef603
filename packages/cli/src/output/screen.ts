import type { WriteStream } from "node:tty";

/** What a screen draws on; a terminal, or anything that takes text. */
export type ScreenStream = Pick<WriteStream, "write"> & {
  readonly isTTY?: boolean;
  readonly columns?: number;
  readonly rows?: number;
};

const HIDE_CURSOR = "\u001b[?25l";
const SHOW_CURSOR = "\u001b[?25h";
const ALTERNATE_ON = "\u001b[?1049h";
const ALTERNATE_OFF = "\u001b[?1049l";

/**
 * A live picture of lines on a terminal's alternate screen; only lines that changed are sent. Where the stream is no
 * terminal, every frame is appended instead. Disposing restores the terminal and leaves the last frame above the
 * prompt.
 */
export class Screen implements Disposable {
  readonly #stream: ScreenStream;
  readonly #live: boolean;
  #shown: readonly string[] = [];
  #last: readonly string[] = [];
  #closed = false;

  constructor(stream: ScreenStream) {
    this.#stream = stream;
    this.#live = stream.isTTY === true;
    if (this.#live) stream.write(ALTERNATE_ON + HIDE_CURSOR);
  }

  /** Lines that fit below each other; unlimited where frames are appended. */
  get height(): number {
    return this.#live ? (this.#stream.rows ?? 24) : Number.POSITIVE_INFINITY;
  }

  /** Shows a frame in place of the one before. Lines are cut at the terminal's edge. */
  show(lines: readonly string[]): void {
    if (this.#closed) return;
    this.#last = lines;
    if (!this.#live) {
      this.#stream.write(`${lines.join("\n")}\n\n`);
      return;
    }
    const width = this.#stream.columns ?? 80;
    const visible = lines.slice(0, this.height).map((line) => line.slice(0, width));
    let text = "";
    for (let row = 0; row < Math.max(visible.length, this.#shown.length); row += 1) {
      const line = visible[row] ?? "";
      if (line !== this.#shown[row]) text += `\u001b[${row + 1};1H${line}\u001b[K`;
    }
    if (text !== "") this.#stream.write(text);
    this.#shown = visible;
  }

  [Symbol.dispose](): void {
    if (this.#closed) return;
    this.#closed = true;
    if (this.#live) this.#stream.write(`${SHOW_CURSOR}${ALTERNATE_OFF}${this.#last.join("\n")}\n`);
  }
}
