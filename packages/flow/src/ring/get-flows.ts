import { create } from "@bufbuild/protobuf";

import { buildFilters } from "../filter/build.ts";
import { compileMask } from "../mask/mask.ts";
import {
  GetFlowsResponseSchema,
  type GetFlowsRequest,
  type GetFlowsResponse,
} from "../proto/observer.gen.ts";
import { timestamp } from "./timestamp.ts";
import type { EventRing } from "./ring.ts";
import { walkRing, type StopSignal } from "./walk.ts";

/** What a server refuses: the kind of refusal as gRPC names it, the text as Hubble's server words it. */
export class RequestError extends Error {
  override name = "RequestError";
  readonly code: "invalid_argument" | "unknown";

  constructor(code: RequestError["code"], message: string) {
    super(message);
    this.code = code;
  }
}

/** What answering needs beside the request. */
export interface AnswerContext {
  readonly ring: EventRing;
  /** Name of this node, `cluster/node`: in answers that are no flows. */
  readonly nodeName: string;
  readonly stop: StopSignal;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

/**
 * Answers a GetFlows request. Throws FilterError and RequestError before the first answer. With a mask the answer's own
 * time and node come of the masked flow: Hubble's server does so.
 */
export function getFlows(
  request: GetFlowsRequest,
  context: AnswerContext,
): AsyncGenerator<GetFlowsResponse, void> {
  checkRequest(request);
  const matches = buildFilters(request.whitelist, request.blacklist);
  const mask = compileMask(request.fieldMask?.paths ?? []);
  if (!mask.ok) throw new RequestError("unknown", mask.error);
  return answerFlows(request, context, matches, mask.start?.());
}

/** Throws RequestError for what no request may ask. */
export function checkRequest({
  first,
  follow,
}: {
  readonly first: boolean;
  readonly follow: boolean;
}): void {
  if (first && follow) {
    throw new RequestError("invalid_argument", "first cannot be specified with follow");
  }
}

async function* answerFlows(
  request: GetFlowsRequest,
  { ring, nodeName, stop, now }: AnswerContext,
  matches: ReturnType<typeof buildFilters>,
  mask: ((flow: Parameters<typeof matches>[0]) => Parameters<typeof matches>[0]) | undefined,
): AsyncGenerator<GetFlowsResponse, void> {
  for await (const event of walkRing({ ring, request, kind: "flow", matches, stop, now })) {
    if (event.kind === "lost") {
      yield create(GetFlowsResponseSchema, {
        responseTypes: { case: "lostEvents", value: event.lost },
        nodeName,
        time: timestamp(event.time),
      });
    } else if (event.kind === "flow") {
      const flow = mask === undefined ? event.flow : mask(event.flow);
      const response = create(GetFlowsResponseSchema, {
        responseTypes: { case: "flow", value: flow },
        nodeName: flow.nodeName,
      });
      if (flow.time !== undefined) response.time = flow.time;
      yield response;
    }
  }
}
