import type { Command } from "commander";
import { afterEach, beforeEach, vi } from "vitest";

/** What a command of `rnp-gen` prints, and how it ends. */
export interface CommandLine {
  /** The lines of the test so far, of both outputs. */
  readonly written: string[];
  /** Runs the command and gives back its exit status. */
  run(...argv: readonly string[]): Promise<number>;
}

/** A command whose output is kept from the terminal, test by test; `make` gives a new one each time. */
export function commandLine(make: () => Command): CommandLine {
  const written: string[] = [];
  beforeEach(() => {
    written.length = 0;
    vi.spyOn(console, "log").mockImplementation((line) => void written.push(String(line)));
    vi.spyOn(console, "error").mockImplementation((line) => void written.push(String(line)));
  });
  afterEach(() => {
    vi.restoreAllMocks();
    process.exitCode = undefined;
  });
  return {
    written,
    run: async (...argv) => {
      process.exitCode = undefined;
      await make().parseAsync(argv, { from: "user" });
      return Number(process.exitCode ?? 0);
    },
  };
}
