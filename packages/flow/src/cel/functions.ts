import { compileRegexp } from "../filter/regexp.ts";
import { FilterError } from "../filter/predicate.ts";
import { calculate, toInt } from "./arithmetic.ts";
import {
  convertToBool,
  convertToBytes,
  convertToDouble,
  convertToDuration,
  convertToInt,
  convertToString,
  convertToTimestamp,
  convertToUint,
} from "./convert.ts";
import { CelRuntimeError } from "./problem.ts";
import type { CelFunction, Overload } from "./program.ts";
import { TIME_FUNCTIONS } from "./time-functions.ts";
import { CEL, type CelType } from "./types.ts";
import {
  celCompare,
  celEquals,
  CelTypeValue,
  findEntry,
  isList,
  isMap,
  typeName,
  Uint,
  type CelValue,
} from "./values.ts";

const { bool, int, uint, double, string, bytes, timestamp, duration, dyn } = CEL;
const anyList: CelType = { kind: "list", item: dyn };
const anyMap: CelType = { kind: "map", key: dyn, value: dyn };

function forms(result: CelType, ...params: readonly (readonly CelType[])[]): Overload[] {
  return params.map((one) => ({ method: false, params: one, result }));
}

function methods(result: CelType, ...params: readonly (readonly CelType[])[]): Overload[] {
  return params.map((one) => ({ method: true, params: one, result }));
}

function same(...types: readonly CelType[]): Overload[] {
  return types.flatMap((type) => forms(type, [type, type]));
}

const ORDERED = [bool, int, uint, double, string, bytes, timestamp, duration].map((type) => [
  type,
  type,
]);

function order(holds: (order: number) => boolean): CelFunction {
  return {
    overloads: forms(bool, ...ORDERED),
    run: ([left = null, right = null]) => {
      if (Number.isNaN(left) || Number.isNaN(right)) return false;
      return holds(celCompare(left, right));
    },
  };
}

function arithmetic(operator: string, overloads: readonly Overload[]): CelFunction {
  return { overloads, run: ([left = null, right = null]) => calculate(operator, left, right) };
}

function conversion(
  result: CelType,
  from: readonly CelType[],
  convert: (value: CelValue) => CelValue,
): CelFunction {
  return {
    overloads: forms(result, ...from.map((type) => [type])),
    run: ([value = null]) => convert(value),
  };
}

function textTest(test: (text: string, other: string) => boolean): CelFunction {
  return {
    overloads: methods(bool, [string, string]),
    run: ([text, other]) => test(text as string, other as string),
  };
}

const compiled = new Map<string, (text: string) => boolean>();

/** Whether RE2's `pattern` matches anywhere in `text`. The last few patterns are kept compiled. */
function matches(text: string, pattern: string): boolean {
  let test = compiled.get(pattern);
  if (test === undefined) {
    try {
      test = compileRegexp(pattern);
    } catch (error) {
      if (error instanceof FilterError) throw new CelRuntimeError(error.message);
      throw error;
    }
    if (compiled.size >= 32) compiled.clear();
    compiled.set(pattern, test);
  }
  return test(text);
}

function size(value: CelValue): CelValue {
  if (typeof value === "string") return BigInt(Array.from(value).length);
  if (value instanceof Uint8Array) return BigInt(value.length);
  if (isList(value)) return BigInt(value.length);
  if (isMap(value)) return BigInt(value.entries.length);
  throw new CelRuntimeError("no such overload");
}

function index(container: CelValue, key: CelValue): CelValue {
  if (isMap(container)) {
    const entry = findEntry(container, key);
    if (entry === undefined) throw new CelRuntimeError("no such key");
    return entry.value;
  }
  if (!isList(container)) throw new CelRuntimeError("no such overload");
  const place = key instanceof Uint ? key.value : key;
  if (typeof place !== "bigint" && typeof place !== "number") {
    throw new CelRuntimeError("no such overload");
  }
  const item = container[Number(place)];
  if (item === undefined) throw new CelRuntimeError(`index out of bounds: ${place}`);
  return item;
}

/** The functions and operators, by cel-go's names. `_&&_`, `_||_`, `_?_:_`, `_==_`, `_[_]` are checked apart. */
export const CEL_FUNCTIONS: ReadonlyMap<string, CelFunction> = new Map<string, CelFunction>([
  ["!_", { overloads: forms(bool, [bool]), run: ([value]) => value !== true }],
  [
    "-_",
    {
      overloads: [...forms(int, [int]), ...forms(double, [double])],
      run: ([value]) =>
        typeof value === "bigint"
          ? toInt(-value)
          : typeof value === "number"
            ? -value
            : noOverload(),
    },
  ],
  [
    "_+_",
    arithmetic("+", [
      ...same(bytes, double, duration, int, string, uint, anyList),
      ...forms(timestamp, [timestamp, duration], [duration, timestamp]),
    ]),
  ],
  [
    "_-_",
    arithmetic("-", [
      ...same(double, duration, int, uint),
      ...forms(timestamp, [timestamp, duration]),
      ...forms(duration, [timestamp, timestamp]),
    ]),
  ],
  ["_*_", arithmetic("*", same(double, int, uint))],
  ["_/_", arithmetic("/", same(double, int, uint))],
  ["_%_", arithmetic("%", same(int, uint))],
  ["_<_", order((order) => order < 0)],
  ["_<=_", order((order) => order <= 0)],
  ["_>_", order((order) => order > 0)],
  ["_>=_", order((order) => order >= 0)],
  ["_[_]", { overloads: [], run: ([container = null, key = null]) => index(container, key) }],
  [
    "@in",
    {
      overloads: [],
      run: ([value = null, container = null]) => {
        if (isList(container)) return container.some((item) => celEquals(item, value));
        return isMap(container) ? findEntry(container, value) !== undefined : noOverload();
      },
    },
  ],
  [
    "size",
    {
      overloads: [
        ...forms(int, [bytes], [anyList], [anyMap], [string]),
        ...methods(int, [bytes], [anyList], [anyMap], [string]),
      ],
      run: ([value = null]) => size(value),
    },
  ],
  ["contains", textTest((text, other) => text.includes(other))],
  ["startsWith", textTest((text, other) => text.startsWith(other))],
  ["endsWith", textTest((text, other) => text.endsWith(other))],
  [
    "matches",
    {
      overloads: [...forms(bool, [string, string]), ...methods(bool, [string, string])],
      run: ([text, pattern]) => matches(text as string, pattern as string),
    },
  ],
  ["int", conversion(int, [int, uint, double, string, timestamp, duration], convertToInt)],
  ["uint", conversion(uint, [uint, int, double, string], convertToUint)],
  ["double", conversion(double, [double, int, uint, string], convertToDouble)],
  [
    "string",
    conversion(
      string,
      [string, bool, bytes, double, duration, int, timestamp, uint],
      convertToString,
    ),
  ],
  ["bytes", conversion(bytes, [bytes, string], convertToBytes)],
  ["bool", conversion(bool, [bool, string], convertToBool)],
  ["timestamp", conversion(timestamp, [timestamp, int, string], convertToTimestamp)],
  ["duration", conversion(duration, [duration, int, string], convertToDuration)],
  ["dyn", conversion(dyn, [dyn], (value) => value)],
  [
    "type",
    conversion({ kind: "type", of: "dyn" }, [dyn], (value) => new CelTypeValue(typeName(value))),
  ],
  ...TIME_FUNCTIONS,
]);

function noOverload(): never {
  throw new CelRuntimeError("no such overload");
}
