import { isRnpError, type Logger } from "../index.js";

export const LOG_LEVELS = ["debug", "info", "warn", "error", "silent"] as const;

export type LogLevel = (typeof LOG_LEVELS)[number];

/** The log of a daemon: a line of JSON for each entry, on standard error. */
export async function daemonLogger(level: LogLevel): Promise<Logger> {
  // Loaded here: the other commands do without it, and start sooner.
  const { pino } = await import("pino");
  const { err } = pino.stdSerializers;
  const serializers = { error: (error: unknown) => errorInLog(error, err) };
  // Written at once, so that the last words of a process that ends are there.
  const destination = pino.destination({ fd: 2, sync: true });
  const timestamp = pino.stdTimeFunctions.isoTime;
  // No base: its pid would stand beside the pid of an instance, under one name.
  const logger: Logger = pino({ level, base: null, serializers, timestamp }, destination);
  return logger;
}

/** An error of ours says it all in its text; any other may be a bug, and is logged with its stack. */
function errorInLog(error: unknown, whole: (error: Error) => unknown): unknown {
  if (isRnpError(error) && error.code !== "INTERNAL_ERROR") return error.message;
  return error instanceof Error ? whole(error) : error;
}
