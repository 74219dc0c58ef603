import { readFieldTable, type Field } from "./field.ts";

/** Fields of the user and group that a process runs as. */
export const USER_FIELDS: readonly Field[] = [
  ...readFieldTable(
    "user",
    `
    user.uid uint32: User id.
    user.name text: Name of the user.
    user.homedir text: Home directory of the user.
    user.shell text: Login shell of the user.
    user.loginuid int64: Id of the user who logged in; -1 without login.
    user.loginname text: Name of the user who logged in.
  `,
  ),
  ...readFieldTable(
    "group",
    `
    group.gid uint32: Group id.
    group.name text: Name of the group.
  `,
  ),
];
