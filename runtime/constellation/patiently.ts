import { RnpError } from "../index.js";

/**
 * The items of a stream, none of which may take longer than `itemTimeoutMs`: a peer that holds its
 * connection open and sends nothing would be waited for without end.
 *
 * @throws RnpError `TIMEOUT` for an item that is late; and what the stream throws
 */
export async function* patiently<Item>(
  open: (limits: { signal: AbortSignal }) => AsyncIterable<Item>,
  itemTimeoutMs: number,
  signal: AbortSignal | undefined,
): AsyncGenerator<Item, void, undefined> {
  const late = new AbortController();
  const limits = signal === undefined ? late.signal : AbortSignal.any([late.signal, signal]);
  const fail = () => late.abort(tooLate(itemTimeoutMs));
  let timer = setTimeout(fail, itemTimeoutMs);
  try {
    for await (const item of open({ signal: limits })) {
      clearTimeout(timer);
      yield item;
      limits.throwIfAborted();
      timer = setTimeout(fail, itemTimeoutMs);
    }
  } catch (error) {
    throw late.signal.aborted && !signal?.aborted ? late.signal.reason : error;
  } finally {
    clearTimeout(timer);
  }
}

function tooLate(timeout_ms: number): RnpError {
  return new RnpError("TIMEOUT", `nothing came for ${timeout_ms} ms`, {
    details: { timeout_ms, operation: "reading a stream" },
    outcome: "unknown",
  });
}
