/** How a line is shown. */
export type Style = "plain" | "bold" | "dim" | "inverse";

export interface Line {
  readonly text: string;
  readonly style: Style;
}

export interface Size {
  readonly columns: number;
  readonly rows: number;
}

/** What of a terminal the live view uses: `process.stdout`, or a test's stand-in. */
export interface Screen extends Partial<Size> {
  write(text: string): unknown;
}

/**
 * Draws whole pages in place on the alternate screen, so that what stood in the terminal before is there
 * again afterwards. Each line overwrites the one before it and only then clears what is left of that:
 * nothing is ever blank in between, so nothing flickers.
 */
export class Terminal {
  readonly #screen: Screen;
  #isOpen = false;

  constructor(screen: Screen) {
    this.#screen = screen;
  }

  get size(): Size {
    // A terminal that does not tell is taken for the classic one.
    return { columns: this.#screen.columns || 80, rows: this.#screen.rows || 24 };
  }

  open(): void {
    this.#isOpen = true;
    this.#screen.write(`${ALTERNATE_ON}${CURSOR_OFF}${CLEAR}`);
  }

  draw(lines: readonly Line[]): void {
    if (!this.#isOpen) return;
    const { columns, rows } = this.size;
    const shown = lines.slice(0, rows).map((line) => styled(line, columns) + CLEAR_REST_OF_LINE);
    // In one write, and without a line feed at the end, which would scroll a full page.
    this.#screen.write(`${UPDATE_BEGIN}${HOME}${shown.join("\r\n")}${CLEAR_BELOW}${UPDATE_END}`);
  }

  /** Gives the terminal back as it was. Closing twice is closing once. */
  close(): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.#screen.write(`${CURSOR_ON}${ALTERNATE_OFF}`);
  }
}

function styled({ text, style }: Line, columns: number): string {
  const fitted = text.length > columns ? `${text.slice(0, columns - 1)}…` : text;
  if (style === "plain") return fitted;
  // An inverse line is a bar over the whole width.
  const shown = style === "inverse" ? fitted.padEnd(columns) : fitted;
  return `${STYLES[style]}${shown}${RESET}`;
}

// Control sequences of ECMA-48 and, for the alternate screen and synchronised updates, of xterm.
const STYLES = { bold: "\x1b[1m", dim: "\x1b[2m", inverse: "\x1b[7m" };
const RESET = "\x1b[0m";
const HOME = "\x1b[H";
const CLEAR = "\x1b[2J";
const CLEAR_BELOW = "\x1b[J";
const CLEAR_REST_OF_LINE = "\x1b[K";
const CURSOR_OFF = "\x1b[?25l";
const CURSOR_ON = "\x1b[?25h";
const ALTERNATE_ON = "\x1b[?1049h";
const ALTERNATE_OFF = "\x1b[?1049l";
const UPDATE_BEGIN = "\x1b[?2026h";
const UPDATE_END = "\x1b[?2026l";
