/** A place in a text as people count it: line and column from 1, besides the offset from 0. */
export interface Place {
  readonly offset: number;
  readonly line: number;
  readonly column: number;
}

/** Where `offset` lies in a condition. Carriage return and line feed end a line each, as Falco counts them. */
export function placeInFilter(text: string, offset: number): Place {
  let line = 1;
  let column = 1;
  for (let index = 0; index < offset && index < text.length; index++) {
    const code = text.charCodeAt(index);
    column++;
    if (code === 10 || code === 13) {
      line++;
      column = 1;
    }
  }
  return { offset, line, column };
}
