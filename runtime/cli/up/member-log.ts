import type { Logger } from "../../index.js";
import type { LogEntry } from "./ipc.js";

/** A logger that hands everything from `info` up to `send`, in a form that survives the way. */
export function memberLogger(send: (entry: LogEntry) => void): Logger {
  const at = (level: LogEntry["level"]) => (fields: object, message: string) =>
    send({ level, message, fields: plain(fields) });
  return { debug() {}, info: at("info"), warn: at("warn"), error: at("error") };
}

function plain(fields: object): Record<string, unknown> {
  const entries = Object.entries(fields).filter(([, value]) => value !== undefined);
  return Object.fromEntries(entries.map(([name, value]) => [name, textOfError(value)]));
}

function textOfError(value: unknown): unknown {
  return value instanceof Error ? value.message : value;
}
