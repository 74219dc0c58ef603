export { CALL_VALUE } from "./activity/call-value.ts";
export { readExecRecord, type ExecRecord } from "./activity/exec-record.ts";
export { activityObject } from "./activity/object.ts";
