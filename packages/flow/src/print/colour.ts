/** Adds the colours of a terminal to parts of the output. */
export interface Colours {
  readonly red: (text: string) => string;
  readonly green: (text: string) => string;
  readonly cyan: (text: string) => string;
  readonly magenta: (text: string) => string;
  readonly yellow: (text: string) => string;
}

const plain = (text: string): string => text;

/** No colours at all. */
export const NO_COLOURS: Colours = {
  red: plain,
  green: plain,
  cyan: plain,
  magenta: plain,
  yellow: plain,
};

/** The colours of `hubble`. */
export const COLOURS: Colours = {
  red: paint(31),
  green: paint(32),
  cyan: paint(36),
  magenta: paint(35),
  yellow: paint(33),
};

function paint(code: number): (text: string) => string {
  return (text) => `\u001b[${code}m${text}\u001b[0m`;
}

/**
 * `text` with what could steer a terminal made visible: an escape as `^[`, a carriage return as `\r`. Our own colours
 * stay when `colours` are on.
 */
export function neutralize(text: string, colours: Colours): string {
  // oxlint-disable-next-line no-control-regex -- the escape character is what is looked for
  if (!/[\u001b\r]/.test(text)) return text;
  // oxlint-disable-next-line no-control-regex -- see above
  const ours = colours === NO_COLOURS ? /(?!)/y : /\u001b\[(?:0|3[1-6])m/y;
  // oxlint-disable-next-line no-control-regex -- see above
  return text.replace(/[\u001b\r]/g, (character, offset: number) => {
    if (character === "\r") return "\\r";
    ours.lastIndex = offset;
    return ours.test(text) ? character : "^[";
  });
}
