import { RnpError } from "../core/error.js";
import type { MessageType } from "../wire/message-type.js";
import type { MessageContext } from "./handler-context.js";
import { toHandlerFault } from "./handler-outcome.js";

/**
 * Sends what the handler of a streaming request yields, each item when the asker has room for it: nothing is
 * asked of the handler before, so nothing piles up here. Settles when the stream is over, and throws what
 * the handler throws. Once nobody listens any more the handler's iterator is left, as `break` would do.
 */
export async function produce(context: MessageContext, made: unknown): Promise<void> {
  const { message, signal } = context;
  const iterator = iteratorOf(await made, message.type);
  const onAbort = () => void leave(iterator);
  if (signal.aborted) return onAbort();
  signal.addEventListener("abort", onAbort, { once: true });
  try {
    await sendAll(context, iterator);
  } finally {
    signal.removeEventListener("abort", onAbort);
    if (!signal.aborted) onAbort();
  }
}

async function sendAll(context: MessageContext, iterator: AsyncIterator<unknown>): Promise<void> {
  const { origin, message, signal } = context;
  while (await origin.credited(message)) {
    const { done, value } = await iterator.next();
    if (done === true || signal.aborted) return;
    sendItem(context, value);
  }
  context.isUnwanted = true;
}

function sendItem({ origin, message }: MessageContext, item: unknown): void {
  try {
    origin.item(message, item);
  } catch (cause) {
    throw toHandlerFault(message.type.type, message.type.stream!, cause);
  }
}

function iteratorOf(made: unknown, { type, stream }: MessageType): AsyncIterator<unknown> {
  const iterable = made as Partial<AsyncIterable<unknown>> | null | undefined;
  const iterator = iterable?.[Symbol.asyncIterator]?.();
  if (iterator !== undefined) return iterator;
  const text = `the handler of ${type} gave no async iterable of ${stream!.type}`;
  throw new RnpError("INTERNAL_ERROR", text, { outcome: "rejected" });
}

/** Lets the handler clean up, if it has not. Nobody waits for it, or would hear of it should it fail. */
async function leave(iterator: AsyncIterator<unknown>): Promise<void> {
  try {
    await iterator.return?.();
  } catch {
    // As above.
  }
}
