export { CALL_VALUE } from "./activity/call-value.ts";
export { readExecRecord, type ExecRecord } from "./activity/exec-record.ts";
export { activityObject } from "./activity/object.ts";
export {
  callByNumber,
  callNumber,
  CALLS,
  type CallDescription,
  type CallParameter,
  type ParameterFormat,
} from "./system-calls/call-table.ts";
export { nameNumber } from "./system-calls/flag-sets.ts";
export {
  CALL_RECORD,
  COUNTER_INDEX,
  PROCESS_RECORD,
  RECORD_FLAG,
  RECORD_KIND,
  UNREADABLE,
} from "./system-calls/layout.ts";
export { systemCallObject } from "./system-calls/object.ts";
export { encodeRecipe, RECIPE_BYTES } from "./system-calls/recipe.ts";
