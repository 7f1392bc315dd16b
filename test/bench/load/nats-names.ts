/** What the stream, its subject and its consumer are called. */
export const STREAM = "bench";
export const SUBJECT = "bench.stopped";
export const CONSUMER = "bench-consumer";
