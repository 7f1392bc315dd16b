import type { Call, Outcome, Part } from "./child.js";

/*
 * A child process of a benchmark: `node child-main.js MODULE...` does what its parent asks of the modules'
 * functions.
 */

const modules = process.argv.slice(2).map((name) => import(`./${name}.js`) as Promise<Part>);
const functions = new Map((await Promise.all(modules)).flatMap((part) => Object.entries(part)));

process.on("message", (call) => void handle(call as Call));
process.on("disconnect", () => process.exit());

async function handle({ id, name, input }: Call): Promise<void> {
  tell(
    await outcomeOf(name, input).then(
      (output) => ({ id, output }),
      (error: unknown) => ({
        id,
        text: `${name}: ${error instanceof Error ? error.stack : error}`,
      }),
    ),
  );
}

async function outcomeOf(name: string, input: readonly unknown[]): Promise<unknown> {
  const run = functions.get(name);
  if (run === undefined) throw new Error("there is no such function");
  return run(...(input as never[]));
}

function tell(outcome: Outcome): void {
  if (process.connected) process.send?.(outcome);
}
