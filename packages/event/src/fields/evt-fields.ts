import { readFieldTable, type Field } from "./field.ts";

/** Fields of the event itself. */
export const EVT_FIELDS: readonly Field[] = readFieldTable(
  "evt",
  `
  evt.num uint64: Number of the event, counted from the start.
  evt.time text: Local time of day with nanoseconds.
  evt.time.s text: Local time of day, whole seconds.
  evt.time.iso8601 text: Time in UTC as ISO 8601 with nanoseconds and zone.
  evt.datetime text: Local date and time with nanoseconds.
  evt.datetime.s text: Local date and time, whole seconds.
  evt.rawtime abstime: Nanoseconds since 1970.
  evt.rawtime.s abstime: Seconds since 1970.
  evt.rawtime.ns abstime: The part of the time below one second, in nanoseconds.
  evt.reltime reltime: Nanoseconds since the first event.
  evt.reltime.s reltime: Seconds since the first event.
  evt.reltime.ns reltime: The part below one second of the time since the first event.
  evt.pluginname text: Plugin that the event came from.
  evt.plugininfo text: What that plugin says about the event in one line.
  evt.source text: Where the event came from: syscall, k8s_audit and so on.
  evt.is_async bool: Whether the event reports work done aside, not a system call.
  evt.asynctype text: Which kind of asynchronous event it is.
  evt.hostname text: Name of the host.
  evt.deltatime reltime: Nanoseconds since the event before.
  evt.deltatime.s reltime: Seconds since the event before.
  evt.deltatime.ns reltime: The part below one second of the time since the event before.
  evt.type text: Name of the event, such as open or execve.
  evt.type.is[index] uint32: 1 when the event has the number given, else 0.
  syscall.type text: Name of the system call; missing for events that are none.
  evt.category text: Group of the event: file, net, process, memory and so on.
  evt.cpu int16: Processor on which the event happened.
  evt.args text: All parameters as name=value, with names for numbers that have one.
  evt.arg[index-or-key] text: One parameter as text, by name or by place.
  evt.rawarg[index-or-key] dynamic: One parameter as it was recorded, by name or by place.
  evt.info text: Parameters in one line; for plugins their own text.
  evt.buffer bytes: Data that was read, written, sent or received, as far as it was recorded.
  evt.buflen uint64: Length of that data.
  evt.res text: Result: SUCCESS, or the name of the error.
  evt.rawres int64: Result as a number; errors are below 0.
  evt.failed bool: Whether the result is an error.
  evt.is_io bool: Whether data may move.
  evt.is_io_read bool: Whether data may move in.
  evt.is_io_write bool: Whether data may move out.
  evt.io_dir text: r for reading, w for writing; missing for others.
  evt.is_wait bool: Whether the call may wait for others.
  evt.is_syslog bool: Whether it writes to the system log.
  evt.count uint32: Always 1, for adding up.
  evt.count.error uint32: 1 when the event failed.
  evt.count.error.file uint32: 1 when it failed and concerns files.
  evt.count.error.net uint32: 1 when it failed and concerns the network.
  evt.count.error.memory uint32: 1 when it failed and concerns memory.
  evt.count.error.other uint32: 1 when it failed and concerns none of these.
  evt.count.exit uint32: 1 for events that tell of a finished call: all of them.
  evt.around[index] uint64: Whether the event is within the given milliseconds of a time.
  evt.abspath[key] text: Path of a file operation made absolute; src or dst for those with two.
  evt.is_open_read bool: Whether a file was opened for reading.
  evt.is_open_write bool: Whether a file was opened for writing.
  evt.is_open_exec bool: Whether a file was created executable.
  evt.is_open_create bool: Whether a file was created.
`,
);
