import { print, printJson } from "../print.js";
import { textOf } from "./event-text.js";
import type { UpEvent } from "./events.js";
import { intervalsText } from "./intervals.js";
import { page, type View } from "./page.js";
import { type Summary, summaryText } from "./summary.js";
import { type Screen, Terminal } from "./terminal.js";

/** Shows what happens to whoever ran `rnp up`. */
export interface Reporter {
  report(event: UpEvent): void;
  /** Nothing comes after the summary. */
  end(summary: Summary): void;
}

/** `--json`: every event is one line. */
export const jsonReporter: Reporter = { report: printJson, end: printJson };

/** Without a terminal: a line with the time for each event, and the summary. */
export function lineReporter(startedAtMs: number): Reporter {
  return {
    report: (event) => {
      const text = textOf(event);
      if (text === undefined) return;
      const seconds = ((performance.now() - startedAtMs) / 1000).toFixed(1);
      print(`${seconds.padStart(6)} s  ${text}`);
      if (event.event !== "starting") return;
      print(`          timeline: ${intervalsText(event.intervals)}`);
    },
    end: (summary) => print(summaryText(summary)),
  };
}

/** On a terminal: a page that is redrawn in place; the summary stays when it is gone. */
export class LiveReporter implements Reporter {
  readonly #terminal: Terminal;
  readonly #view: () => Omit<View, "events">;
  readonly #events: string[] = [];
  readonly #timer: NodeJS.Timeout;
  readonly #draw = (): void => {
    this.#terminal.draw(page({ ...this.#view(), events: this.#events }, this.#terminal.size));
  };
  readonly #giveBack = (): void => this.#terminal.close();

  constructor(screen: Screen, view: () => Omit<View, "events">) {
    this.#terminal = new Terminal(screen);
    this.#view = view;
    this.#terminal.open();
    this.#timer = setInterval(this.#draw, REDRAW_INTERVAL_MS);
    process.on("SIGWINCH", this.#draw);
    // However this process ends, the terminal is as it was.
    process.once("exit", this.#giveBack);
  }

  report(event: UpEvent): void {
    const text = event.event === "progress" ? undefined : textOf(event);
    if (text === undefined) return;
    this.#events.push(`${new Date().toTimeString().slice(0, 8)} ${text.split("\n")[0]}`);
    if (this.#events.length > EVENT_COUNT_MAX) this.#events.shift();
    this.#draw();
  }

  end(summary: Summary): void {
    clearInterval(this.#timer);
    process.off("SIGWINCH", this.#draw);
    process.off("exit", this.#giveBack);
    this.#terminal.close();
    print(summaryText(summary));
  }
}

const REDRAW_INTERVAL_MS = 500;
/** More than any terminal has rows for. */
const EVENT_COUNT_MAX = 200;
