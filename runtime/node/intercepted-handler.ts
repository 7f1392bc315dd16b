import { MESSAGES } from "../../generated/dispatch.js";
import type { HandlerContext } from "./handler-context.js";
import type { Handler, NodeHandlers } from "./handlers.js";
import { type CallKind, chain, type IncomingCall, type Interceptor } from "./interceptors.js";

/** `handler` behind `interceptors`; itself where there are none, so that they cost only who has some. */
export function intercepted<Type extends keyof NodeHandlers>(
  type: Type,
  handler: NodeHandlers[Type],
  interceptors: readonly Interceptor<IncomingCall>[],
): NodeHandlers[Type] {
  if (interceptors.length === 0) return handler;
  const run = chain(interceptors, async ({ data, context }) => (handler as Handler)(data, context));
  const behind: Handler = (data: unknown, context: HandlerContext) =>
    run(incomingCall(type, data, context));
  return behind as NodeHandlers[Type];
}

/** A message for a handler, as interceptors and `authorize` see it. */
export function incomingCall(type: string, data: unknown, context: HandlerContext): IncomingCall {
  return { type, kind: kindOf(type), peer: context.peer, data, context } as IncomingCall;
}

function kindOf(type: string): CallKind {
  const { answer, stream } = MESSAGES.get(type) ?? {};
  if (stream !== undefined) return "stream";
  return answer === undefined ? "send" : "request";
}
