import { Command, InvalidArgumentError } from "commander";
import type { MetricSample } from "../index.js";
import { withClient } from "./as-client.js";
import { type IdentityOptions, withIdentity } from "./identity-options.js";
import { LineOutput } from "./line-output.js";
import { samplePage, sampleText } from "./metrics/view.js";
import { toJson } from "./print.js";
import { stopSignal } from "./stop-signal.js";
import { Terminal } from "./up/terminal.js";

interface MetricsOptions extends IdentityOptions {
  readonly interval: number;
  readonly json?: true;
}

/** The command `rnp metrics`: how busy a node and its instances are. */
export function metricsCommand(): Command {
  return withIdentity(new Command("metrics"))
    .description("watch how busy a node and its instances are")
    .argument("<host:port>", "where the node listens")
    .option("--interval <ms>", "from one sample to the next, 100 or more", intervalArgument, 1000)
    .option("--json", "print a line of JSON for each sample")
    .action((address: string, options: MetricsOptions) => watch(address, options));
}

async function watch(address: string, options: MetricsOptions): Promise<void> {
  const output = new LineOutput(process.stdout);
  const signal = AbortSignal.any([stopSignal(), output.closed]);
  const isLive = process.stdout.isTTY === true && !options.json;
  const terminal = isLive ? new Terminal(process.stdout) : undefined;
  try {
    await withClient(options, async (node) => {
      const peer = await node.peerAt(address, { signal });
      const samples = peer.metric.subscribe({ interval_ms: options.interval }, { signal });
      terminal?.open();
      for await (const sample of samples) {
        if (terminal !== undefined) terminal.draw(samplePage(peer.id, sample, terminal.size));
        else await output.print(textOf(sample, options));
      }
    });
  } catch (thrown) {
    // Whoever leaves has seen what they wanted.
    if (!signal.aborted) throw thrown;
  } finally {
    terminal?.close();
  }
}

function textOf(sample: MetricSample, { json }: MetricsOptions): string {
  return json ? toJson(sample) : sampleText(sample);
}

function intervalArgument(text: string): number {
  const ms = Number(text);
  if (Number.isInteger(ms) && ms >= 100 && ms <= DAY_MS) return ms;
  throw new InvalidArgumentError(`expected a whole number of milliseconds from 100 to ${DAY_MS}.`);
}

/** What `metric.subscribe` takes. */
const DAY_MS = 86_400_000;
