import type { Logger } from "../index.js";

/** Keeps everything to itself. */
export const SILENT: Logger = { debug() {}, info() {}, warn() {}, error() {} };
