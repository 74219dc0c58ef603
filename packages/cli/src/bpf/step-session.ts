import type { ProgramPlace, Stepper } from "@ocelli/vm";

/** What a person steps through. */
export interface Session {
  readonly stepper: Stepper;
  /** r1 at the start. */
  readonly address: number;
  /** Slots as numbers, lines as `:N`. */
  readonly breakpoints: Set<string>;
  ended: boolean;
  last: string;
}

const MOST_STEPS = 100_000_000;
const REGISTERS_A_LINE = 4;
const BYTES_A_LINE = 16;
const MOST_BYTES = 4096;

/** Runs a command and gives the lines to print. Throws `VmError` when the program is stopped. */
export function runCommandLine(session: Session, line: string): string[] {
  const { stepper } = session;
  const given = line.trim() === "" ? session.last : line.trim();
  const [command = "", ...args] = given.split(/\s+/);
  session.last = given;
  switch (command) {
    case "s":
      return steps(session, Number(args[0] ?? 1), () => true);
    case "n": {
      const from = lineOf(stepper.place());
      const depth = stepper.callers().length;
      return steps(session, MOST_STEPS, (place) => {
        const isDeeper = stepper.callers().length > depth;
        return !isDeeper && lineOf(place) !== from;
      });
    }
    case "c":
      return steps(session, MOST_STEPS, () => false);
    case "b":
      if (args[0] !== undefined) session.breakpoints.add(args[0]);
      return [`breakpoints: ${[...session.breakpoints].join(" ") || "none"}`];
    case "r":
      return formatRegisters(stepper);
    case "m":
      return formatMemory(stepper, args[0] ?? "r10", Number(args[1] ?? 64));
    case "w":
      return [stepper.place(), ...stepper.callers()].map(formatPlace);
    case "l":
      return [formatPlace(stepper.place())];
    case "restart":
      stepper.restart(session.address);
      session.ended = false;
      return [formatPlace(stepper.place())];
    default:
      return [`There is no command "${command}": s, n, c, b, r, m, w, l, restart, q`];
  }
}

/** Steps until `isEnough` says so after one, a breakpoint, or the end. `count` limits them. */
function steps(
  session: Session,
  count: number,
  isEnough: (place: ProgramPlace) => boolean,
): string[] {
  const { stepper, breakpoints } = session;
  if (session.ended) return [endOf(stepper)];
  for (let done = 0; done < count; done++) {
    if (!stepper.step()) {
      session.ended = true;
      return [endOf(stepper)];
    }
    const place = stepper.place();
    const isBreak =
      breakpoints.has(String(place.slot)) ||
      (place.source !== undefined && breakpoints.has(`:${place.source.line}`));
    if (isBreak || (count === MOST_STEPS && isEnough(place))) break;
  }
  return [formatPlace(stepper.place())];
}

function endOf(stepper: Stepper): string {
  return `ended: r0 = ${hex(stepper.registers()[0] ?? 0n)}`;
}

function lineOf({ source }: ProgramPlace): string {
  return source === undefined ? "" : `${source.file}:${source.line}`;
}

function formatPlace(place: ProgramPlace): string {
  const { slot, text, source } = place;
  const line = source === undefined ? "" : `    ; ${lineOf(place)} ${source.text.trim()}`;
  return `${String(slot).padStart(4)}: ${text}${line}`;
}

function hex(value: bigint): string {
  return `0x${value.toString(16)}`;
}

function formatRegisters(stepper: Stepper): string[] {
  const all = stepper.registers().map((value, index) => `r${index} = ${hex(value)}`.padEnd(26));
  const lines: string[] = [];
  for (let at = 0; at < all.length; at += REGISTERS_A_LINE)
    lines.push(
      all
        .slice(at, at + REGISTERS_A_LINE)
        .join("")
        .trimEnd(),
    );
  return lines;
}

function formatMemory(stepper: Stepper, where: string, count: number): string[] {
  const match = /^(?:r(?<register>\d+)|(?<number>0x[0-9a-f]+|\d+))(?<offset>[+-]\d+)?$/i.exec(
    where,
  );
  const { register, number = "0", offset = "0" } = match?.groups ?? {};
  const base =
    register === undefined ? Number(number) : Number(stepper.registers()[Number(register)] ?? 0n);
  const address = base + Number(offset);
  const size = Math.min(MOST_BYTES, Math.max(1, count));
  if (match === null || !stepper.memory.isReadable(address, size))
    return [`There is no memory at ${where} for ${size} bytes`];
  const lines: string[] = [];
  for (let at = 0; at < size; at += BYTES_A_LINE) {
    const bytes = stepper.memory.bytes.subarray(
      address + at,
      address + Math.min(size, at + BYTES_A_LINE),
    );
    const digits = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join(" ");
    lines.push(`${hex(BigInt(address + at))}: ${digits}`);
  }
  return lines;
}
