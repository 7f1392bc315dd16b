import { median, medianRatio, percentile, rounded } from "../statistics.js";

/** Gives how long each of `count` operations took, in ms. */
export type Times = (count: number) => Promise<number[]>;

/** The times of one block. */
interface Block {
  readonly ping: number[];
  readonly echo: number[];
}

/** Both take turns in short slices; a block of slices is long enough for a percentile. */
const SLICE_SIZE = 200;
const SLICE_COUNT = 10;
const BLOCK_COUNT = 15;
const WARM_UP_COUNT = 2;

/** How pings compare with echoes of bare TLS, as medians over all blocks. */
export async function pingsBesideEchoes(ping: Times, echo: Times) {
  const blocks: Block[] = [];
  for (let count = 0; count < WARM_UP_COUNT + BLOCK_COUNT; count++) {
    blocks.push(await blockOf(ping, echo));
  }
  const counted = blocks.slice(WARM_UP_COUNT);
  const pings = (quantile: number) => counted.map((block) => percentile(block.ping, quantile));
  const echoes = (quantile: number) => counted.map((block) => percentile(block.echo, quantile));
  return {
    ping_p50_vs_raw_tls: rounded(medianRatio(pings(0.5), echoes(0.5))),
    ping_p99_vs_raw_tls: rounded(medianRatio(pings(0.99), echoes(0.99))),
    ping_p50_ms: rounded(median(pings(0.5))),
    ping_p99_ms: rounded(median(pings(0.99))),
    raw_tls_p50_ms: rounded(median(echoes(0.5))),
    raw_tls_p99_ms: rounded(median(echoes(0.99))),
  };
}

async function blockOf(ping: Times, echo: Times): Promise<Block> {
  const block: Block = { ping: [], echo: [] };
  for (let slice = 0; slice < SLICE_COUNT; slice++) {
    block.ping.push(...(await ping(SLICE_SIZE)));
    block.echo.push(...(await echo(SLICE_SIZE)));
  }
  return block;
}
