export type {
  FieldAccess,
  FieldCandidates,
  FieldNotation,
  FieldProvider,
  FieldValue,
  ScalarValue,
} from "./access/field-access.ts";
export { createMemoryProvider, type MemoryEvent } from "./access/memory-provider.ts";
export type { RuleEvent } from "./access/rule-event.ts";
export { eventNames, isEventName, isEventParameter } from "./events/event-names.ts";
export { AUDIT_FIELDS } from "./fields/audit-fields.ts";
export { fieldByName, FIELDS, fieldsOfSource } from "./fields/catalogue.ts";
export type { Field, FieldArgument, FieldClass, FieldType } from "./fields/field.ts";
export { systemCallName, type Architecture } from "./system-calls.ts";
