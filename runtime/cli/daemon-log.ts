import { pino } from "pino";
import type { Logger } from "../index.js";

export const LOG_LEVELS = ["debug", "info", "warn", "error", "silent"] as const;

export type LogLevel = (typeof LOG_LEVELS)[number];

/** The log of a daemon: a line of JSON for each entry, on standard error. */
export function daemonLogger(level: LogLevel): Logger {
  const serializers = { error: pino.stdSerializers.err };
  // Written at once, so that the last words of a process that ends are there.
  const destination = pino.destination({ fd: 2, sync: true });
  return pino({ level, serializers, timestamp: pino.stdTimeFunctions.isoTime }, destination);
}
