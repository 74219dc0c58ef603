/** The tools, each in the file of its name. */
export const TOOLS = [
  "execsnoop",
  "exitsnoop",
  "opensnoop",
  "tcpconnect",
  "tcplife",
  "tcprtt",
] as const;
