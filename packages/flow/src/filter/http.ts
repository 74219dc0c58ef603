import { quoteGo } from "../go/quote.ts";
import { requestPath } from "../go/request-uri.ts";
import { MESSAGE_TYPE } from "../text/message-types.ts";
import type { Flow, FlowFilter, HTTP } from "../proto/flow.gen.ts";
import { FilterError, withPrefix, type Predicate } from "./predicate.ts";
import { compileRegexp } from "./regexp.ts";

/** http_status_code, http_method, http_path, http_url, http_header */
export function httpFilter(filter: FlowFilter, into: Predicate[]): void {
  const { httpStatusCode, httpMethod, httpPath, httpUrl, httpHeader } = filter;
  if (httpStatusCode.length > 0) {
    requireL7(filter, "http status code");
    into.push(withPrefix("invalid http status code filter", () => statusFilter(httpStatusCode)));
  }
  if (httpMethod.length > 0) {
    requireL7(filter, "http method");
    const methods = new Set(httpMethod.map((method) => method.toLowerCase()));
    into.push((flow) => {
      const method = httpOf(flow)?.method ?? "";
      return method !== "" && methods.has(method.toLowerCase());
    });
  }
  if (httpPath.length > 0) {
    requireL7(filter, "http path");
    const patterns = withPrefix("invalid http path filter", () => compileAll(httpPath));
    into.push((flow) => {
      const path = requestPath(httpOf(flow)?.url ?? "");
      return path !== undefined && patterns.some((matches) => matches(path));
    });
  }
  if (httpUrl.length > 0) {
    requireL7(filter, "http url");
    const patterns = withPrefix("invalid http url filter", () => compileAll(httpUrl));
    into.push((flow) => {
      const url = httpOf(flow)?.url ?? "";
      return url !== "" && patterns.some((matches) => matches(url));
    });
  }
  if (httpHeader.length > 0) {
    requireL7(filter, "http headers");
    into.push((flow) =>
      (httpOf(flow)?.headers ?? []).some(({ key, value }) =>
        httpHeader.some((wanted) => wanted.key === key && wanted.value === value),
      ),
    );
  }
}

function httpOf({ l7 }: Flow): HTTP | undefined {
  return l7?.record.case === "http" ? l7.record.value : undefined;
}

function requireL7({ eventType }: FlowFilter, what: string): void {
  if (eventType.length === 0 || eventType.some(({ type }) => type === MESSAGE_TYPE.l7)) return;
  throw new FilterError(
    `filtering by ${what} requires the event type filter to only match 'l7' events`,
  );
}

function statusFilter(codes: readonly string[]): Predicate {
  const prefixes: string[] = [];
  for (const code of codes) {
    if (/^[1-5][0-9]{2}$/.test(code)) prefixes.push(code);
    else if (/^[1-5][0-9]?\+$/.test(code)) prefixes.push(code.slice(0, -1));
    else throw new FilterError(`invalid status code prefix: ${quoteGo(code)}`);
  }
  return (flow) => {
    const code = httpOf(flow)?.code ?? 0;
    if (code === 0) return false;
    const text = String(code).padStart(3, "0");
    // A full code of three digits is a prefix that only codes of more digits could abuse.
    return prefixes.some((prefix) =>
      prefix.length === 3 ? text === prefix : text.startsWith(prefix),
    );
  };
}

function compileAll(patterns: readonly string[]): ((text: string) => boolean)[] {
  return patterns.map((pattern) => withPrefix(pattern, () => compileRegexp(pattern)));
}
