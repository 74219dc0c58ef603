import { QUOTED } from "./quoted-name.ts";

// Fragments of the patterns over tokens that stand apart by one space.

/** A number with an optional sign. */
export const number = (name: string): string => `(?<${name}>(?:[-+] ){0,2}(?:0x[\\da-fA-F]+|\\d+))`;

/** A register of either width: `NAMEw` is its letter, `NAME` its number. */
export const anyRegister = (name: string): string => `(?<${name}w>[rw])(?<${name}>\\d+)`;

/** A type in a cast: `( u32 * )`. */
export const pointerType = "\\( (?<sign>[us])(?<bits>8|16|32|64) \\* \\)";

/** A base register with a distance: `r1 + 0x4`. */
export const address = "r(?<base>\\d+)(?: (?<offset>[-+] (?:0x[\\da-fA-F]+|\\d+)))?";

/** Where a jump goes: `pc + 3`, `+ 0x3` or a label. */
export const target: string = `(?:(?:pc )?${number("distance")}|(?<label>[A-Za-z_.$][\\w.$]*|${QUOTED}))`;

/** A name inside brackets or after `call`. */
export const name: string = `(?<name>[A-Za-z_.$][\\w.$]*|${QUOTED})`;

/** Makes a pattern for a whole statement. */
export const whole = (...parts: string[]): RegExp => new RegExp(`^${parts.join(" ")}$`);
