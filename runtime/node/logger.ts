/** What this package logs to: pino, console-like adapters, or anything of this shape. */
export interface Logger {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

/** The default: a library prints nothing unasked. */
export const SILENT: Logger = { debug() {}, info() {}, warn() {}, error() {} };
