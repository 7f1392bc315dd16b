import type { RnpNode } from "../../index.js";
import type { Input, Output } from "./ipc.js";

/** Follows the output of an instance up to a line, and leaves it, which cancels the stream. */
export async function followOutput(
  node: RnpNode,
  { host, instance_id, after, line }: Input<"follow-output">,
): Promise<Output<"follow-output">> {
  const signal = AbortSignal.timeout(LINE_TIMEOUT_MS);
  let lines = 0;
  try {
    const entries = node.peer(host).log.subscribe({ instance_id, after }, { signal });
    for await (const { sequence, text } of entries) {
      lines += 1;
      if (text === line) return { lines, sequence };
    }
  } catch (cause) {
    if (!signal.aborted) throw cause;
    const patience = `${LINE_TIMEOUT_MS / 1000} s`;
    throw new Error(`${instance_id} has not printed "${line}" for ${patience}`, { cause });
  }
  throw new Error(`the output of ${instance_id} ended on ${host} before "${line}"`);
}

/** Watches how busy a node and an instance on it are for a few samples, and leaves. */
export async function watchMetrics(
  node: RnpNode,
  { host, instance_id }: Input<"watch-metrics">,
): Promise<Output<"watch-metrics">> {
  const signal = AbortSignal.timeout(SAMPLES_TIMEOUT_MS);
  const query = { interval_ms: SAMPLE_INTERVAL_MS };
  let samples = 0;
  for await (const sample of node.peer(host).metric.subscribe(query, { signal })) {
    samples += 1;
    const found = sample.instances.find((each) => each.instance_id === instance_id);
    if (found === undefined) throw new Error(`${host} does not say how busy ${instance_id} is`);
    const { instance_id: _, ...used } = found;
    if (samples === SAMPLE_COUNT) {
      const { cpu, ram } = sample;
      const busy = { node_cpu_percent: cpu.percent_used, node_ram_percent: ram.percent_used };
      return { samples, ...busy, ...used };
    }
  }
  throw new Error(`${host} stopped telling how busy it is after ${samples} samples`);
}

const LINE_TIMEOUT_MS = 10_000;
const SAMPLE_INTERVAL_MS = 250;
const SAMPLE_COUNT = 2;
const SAMPLES_TIMEOUT_MS = 10_000;
