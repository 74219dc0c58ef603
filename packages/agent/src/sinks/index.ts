export { createAlertCounters, type AlertCounters } from "./counters.ts";
export { httpTarget, type HttpOptions, type Service, type ServiceRequest } from "./http.ts";
export { natsTarget, type NatsOptions } from "./nats.ts";
export { redisTarget, type RedisOptions } from "./redis.ts";
export { readSecret } from "./secret.ts";
export { discordService, slackService, teamsService } from "./services/chat.ts";
export {
  cloudEventsService,
  datadogService,
  elasticsearchService,
  grafanaService,
  lokiService,
  splunkService,
  webhookService,
} from "./services/logs.ts";
export { alertmanagerService, opsgenieService, pagerDutyService } from "./services/paging.ts";
export { createSink, type Sink, type SinkOptions, type SinkStatistics } from "./sink.ts";
export { fileTarget, programTarget, streamTarget, type Writer } from "./streams.ts";
export { localSyslogTarget, syslogTarget, type SyslogOptions } from "./syslog.ts";
export { DeliveryError, type Delivery, type Target } from "./target.ts";
export { compileTemplate } from "./template.ts";
export type { ThrottleOptions } from "./throttle.ts";
