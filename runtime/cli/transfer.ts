import { setTimeout as sleep } from "node:timers/promises";
import { Command, InvalidArgumentError } from "commander";
import { isRnpError, RnpError, type RnpNode } from "../index.js";
import { isName } from "../security/identity.js";
import { withClient } from "./as-client.js";
import { type IdentityOptions, withIdentity } from "./identity-options.js";
import { print, printJson } from "./print.js";
import { stopSignal } from "./stop-signal.js";
import { type Found, findBoth } from "./transfer/find.js";
import { formatSeconds } from "./transfer/progress-line.js";
import { Rate } from "./transfer/rate.js";
import { barView, jsonView, linesView, type View } from "./transfer/views.js";

interface TransferOptions extends IdentityOptions {
  readonly to: string;
  readonly json?: true;
}

/** The command `rnp transfer`: moves an instance to another node, with its files. */
export function transferCommand(): Command {
  return withIdentity(new Command("transfer"))
    .description("move an instance to another node; Ctrl-C leaves it where it is")
    .argument("<host:port>", "where any member listens: the node of the instance, or a controller")
    .argument("<instance>", "id of the instance")
    .requiredOption("--to <node>", "name of the node that takes it over", nodeName)
    .option("--json", "print a line of JSON for each step")
    .action((address: string, instance: string, options: TransferOptions) => {
      const signal = stopSignal();
      return withClient(options, async (node) => {
        const startedAtMs = performance.now();
        const found = await findBoth(node, { address, instance, to: options.to, signal });
        await move(node, found, viewFor(options), signal);
        const { instance_id, node: from } = found.location;
        const seconds = (performance.now() - startedAtMs) / 1000;
        const facts = { instance_id, from, to: options.to, seconds };
        if (options.json) printJson({ event: "moved", ...facts });
        else print(`${instance_id} runs on ${options.to}, after ${formatSeconds(seconds)}`);
      });
    });
}

async function move(
  node: RnpNode,
  { location, target }: Found,
  view: View,
  signal: AbortSignal,
): Promise<void> {
  const { instance_id, node: from, address } = location;
  const rate = new Rate();
  const order = { instance_id, from, ...(address === undefined ? {} : { from_address: address }) };
  try {
    for await (const progress of target.instance.move(order, { signal })) {
      rate.record(performance.now(), progress.bytes);
      const { bytesPerSecond } = rate;
      view.show({ progress, from, to: target.id, bytesPerSecond });
    }
  } catch (thrown) {
    view.close();
    throw signal.aborted ? await cancelled(node, location, thrown) : thrown;
  }
  view.close();
}

/** What became of an instance whose move was broken off: whoever did that wants to know. */
async function cancelled(
  node: RnpNode,
  { instance_id, node: from, address }: Found["location"],
  cause: unknown,
): Promise<RnpError> {
  const says = (text: string) =>
    new RnpError("CANCELLED", `the move of ${instance_id} was broken off: ${text}`, { cause });
  if (address === undefined) return says(`it is started again on ${from}`);
  const giveUpAtMs = performance.now() + RESTART_PATIENCE_MS;
  while (performance.now() < giveUpAtMs) {
    try {
      const source = await node.peerAt(address);
      const { state } = await source.instance.locate({ instance_id });
      if (state !== "moving") return says(`it runs on ${from}`);
    } catch (thrown) {
      if (isRnpError(thrown) && thrown.code === "NOT_FOUND") return says("it had moved already");
    }
    await sleep(POLL_MS);
  }
  return says(`${from} has not said yet that it runs again`);
}

function viewFor({ json }: TransferOptions): View {
  if (json) return jsonView(process.stdout);
  return process.stdout.isTTY ? barView(process.stdout) : linesView(process.stdout);
}

function nodeName(text: string): string {
  if (isName(text)) return text;
  throw new InvalidArgumentError("expected the name of a node, such as node-2.");
}

/** The source starts it again as soon as the target has told it, which takes a moment. */
const RESTART_PATIENCE_MS = 15_000;
const POLL_MS = 100;
