import type { InstanceProgress } from "../../index.js";
import { formatBytes, type ProgressView, progressLine } from "./progress-line.js";

/** Where progress is shown. */
export interface Screen {
  readonly columns?: number;
  write(text: string): unknown;
}

/** How the progress of one move is shown. */
export interface View {
  show(view: ProgressView): void;
  /** No more comes; what is printed next stands on a line of its own. */
  close(): void;
}

/** A bar that is drawn again in place. */
export function barView(screen: Screen): View {
  let isDrawn = false;
  return {
    show: (view) => {
      isDrawn = true;
      // One column is left free: in the last one some terminals go to the next line.
      const line = progressLine(view, (screen.columns || COLUMNS) - 1);
      screen.write(`\r${line}${CLEAR_REST_OF_LINE}`);
    },
    close: () => {
      if (isDrawn) screen.write("\n");
    },
  };
}

/** A line for each tenth of the way and each new state, for a log. */
export function linesView(screen: Screen): View {
  let shown = "";
  return {
    show: ({ progress, from, to }) => {
      const { instance_id, bytes, total_bytes, state } = progress;
      const tenth = total_bytes === 0 ? 0 : Math.floor((bytes / total_bytes) * 10);
      if (shown === `${state} ${tenth}`) return;
      shown = `${state} ${tenth}`;
      const way = `${instance_id}: ${from} → ${to}`;
      const size = total_bytes === 0 ? "" : `, ${tenth * 10}% of ${formatBytes(total_bytes)}`;
      screen.write(`${way}: ${state}${state === "transferring" ? size : ""}\n`);
    },
    close: () => {},
  };
}

/** A line of JSON for each message. */
export function jsonView(screen: Screen): View {
  return {
    show: ({ progress, from, to, bytesPerSecond }) => {
      const { instance_id, state, bytes, total_bytes } = progress satisfies InstanceProgress;
      const rate = bytesPerSecond === undefined ? null : Math.round(bytesPerSecond);
      const line = { event: "progress", instance_id, from, to, state, bytes, total_bytes };
      screen.write(`${JSON.stringify({ ...line, bytes_per_second: rate })}\n`);
    },
    close: () => {},
  };
}

/** Of a terminal that does not tell. */
const COLUMNS = 80;
const CLEAR_REST_OF_LINE = "\x1b[K";
