export { Agent, type AgentOptions, type ProcessSummary } from "./agent.ts";
export {
  CONFIG_KEYS,
  makeConfig,
  USUAL_EVENTS,
  type Config,
  type ConfigKey,
  type ConfigValue,
} from "./config/config.ts";
export { formatConfig } from "./config/format-config.ts";
export { readConfig, type ConfigProblem, type ConfigResult } from "./config/read-config.ts";
export type { AlertSummary, AncestrySummary, RuleSummary } from "./pipeline/alerts.ts";
export type { AgentSource, OpenSource } from "./pipeline/source.ts";
export type { AgentStatus, KindStatus, TopProcess } from "./status.ts";
