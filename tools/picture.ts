// Draws terminal text from standard input as an SVG picture for the documentation:
//   npm start -- --for 3 | node tools/picture.ts 'npm start' > docs/images/start.svg
// Of output that repeats, separated by blank frames, the last picture is drawn.
import { stripVTControlCharacters } from "node:util";

const CELL_WIDTH = 8.4;
const LINE_HEIGHT = 20;
const MARGIN = 20;
const BAR = 36;

function escapeText(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}

/** Headings are the lines in capitals; they are drawn brighter. */
function colourOf(line: string, index: number): string {
  if (index === 0) return "#7ee787";
  return /^[^a-z]*[A-Z]{2}[^a-z]*$/.test(line) ? "#79c0ff" : "#e6edf3";
}

let input = "";
for await (const chunk of process.stdin) input += String(chunk);
const frames = stripVTControlCharacters(input).split("\n\n\n");
const lines = (frames.findLast((frame) => frame.trim() !== "") ?? "").trim().split("\n");
const title = process.argv[2] ?? "ocelli";
const columns = Math.max(60, ...lines.map((line) => line.length));
const width = Math.ceil(columns * CELL_WIDTH + 2 * MARGIN);
const height = BAR + lines.length * LINE_HEIGHT + MARGIN;

const rows = lines.map((line, index) => {
  const y = BAR + (index + 1) * LINE_HEIGHT;
  return `  <text x="${MARGIN}" y="${y}" fill="${colourOf(line, index)}" xml:space="preserve">${escapeText(line)}</text>`;
});
const dots = ["#ff5f57", "#febc2e", "#28c840"].map(
  (fill, index) => `  <circle cx="${MARGIN + index * 20}" cy="18" r="6" fill="${fill}"/>`,
);
process.stdout.write(
  [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" font-family="ui-monospace, DejaVu Sans Mono, monospace" font-size="14">`,
    `  <rect width="${width}" height="${height}" rx="8" fill="#0d1117"/>`,
    ...dots,
    `  <text x="${width / 2}" y="23" fill="#8b949e" text-anchor="middle">${escapeText(title)}</text>`,
    ...rows,
    "</svg>",
    "",
  ].join("\n"),
);
