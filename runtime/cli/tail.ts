import { Command, InvalidArgumentError, Option } from "commander";
import type { LogEntry, LogSubscribe, RnpNode } from "../index.js";
import { withClient } from "./as-client.js";
import { type IdentityOptions, withIdentity } from "./identity-options.js";
import { LineOutput } from "./line-output.js";
import { toJson } from "./print.js";
import { stopSignal } from "./stop-signal.js";
import { openLog } from "./tail/open.js";
import { resumed } from "./tail/resume.js";
import { entryText } from "./tail/show.js";

interface TailOptions extends IdentityOptions {
  readonly last: number;
  readonly follow: boolean;
  readonly contains?: string;
  readonly output?: "stdout" | "stderr";
  readonly json?: true;
}

/** The command `rnp tail`: what an instance prints, as it prints it. */
export function tailCommand(): Command {
  return withIdentity(new Command("tail"))
    .description("show what an instance prints; ask its node, or a controller to find it")
    .argument("<host:port>", "where the node or the controller listens")
    .argument("<instance>", "id of the instance, also of one that has ended")
    .option("--last <n>", "begin with so many lines of before, 0 to 10000", lastArgument, 10)
    .option("--no-follow", "end after what there is now")
    .option("--contains <text>", "only lines in which this occurs")
    .addOption(new Option("--output <name>", "only one of the two").choices(["stdout", "stderr"]))
    .option("--json", "print a line of JSON for each line")
    .action((address: string, instance: string, options: TailOptions) => {
      const output = new LineOutput(process.stdout);
      const signal = AbortSignal.any([stopSignal(), output.closed]);
      return withClient(options, async (node) => {
        const toText = options.json ? toJson : (entry: LogEntry) => entryText(entry, isStyled());
        const print = (entry: LogEntry) => output.print(toText(entry));
        await printAll(entriesOf(node, { address, instance, options, signal }), print, signal);
      });
    });
}

interface Request {
  readonly address: string;
  readonly instance: string;
  readonly options: TailOptions;
  readonly signal: AbortSignal;
}

/** Without `--follow` a broken connection is an error: a script that waits for the end decides itself. */
function entriesOf(node: RnpNode, { address, instance, options, signal }: Request) {
  const { last, follow, contains, output } = options;
  const query: LogSubscribe = {
    instance_id: instance,
    last,
    follow,
    ...(contains === undefined ? {} : { contains }),
    ...(output === undefined ? {} : { output }),
  };
  const open = (wanted: LogSubscribe, onOpen: (node: string) => void) =>
    openLog(node, { address, query: wanted, onOpen, signal });
  if (!follow) return open(query, () => {});
  return resumed({
    open,
    query,
    signal,
    onLost: ({ message }) => say(`${message}; trying again until Ctrl-C`),
    onBack: (id) => say(`connected to ${id} again`),
  });
}

async function printAll(
  entries: AsyncIterable<LogEntry>,
  print: (entry: LogEntry) => Promise<void>,
  signal: AbortSignal,
): Promise<void> {
  try {
    for await (const entry of entries) await print(entry);
  } catch (thrown) {
    // Whoever leaves has seen what they wanted.
    if (!signal.aborted) throw thrown;
  }
}

function isStyled(): boolean {
  return process.stdout.isTTY === true && !process.env.NO_COLOR;
}

/** On standard error: it is no line of the instance. */
function say(text: string): void {
  process.stderr.write(`rnp: ${text}\n`);
}

function lastArgument(text: string): number {
  const count = text === "" ? Number.NaN : Number(text);
  if (Number.isInteger(count) && count >= 0 && count <= LAST_MAX) return count;
  throw new InvalidArgumentError(`expected a whole number from 0 to ${LAST_MAX}.`);
}

/** What `log.subscribe` takes. */
const LAST_MAX = 10_000;
