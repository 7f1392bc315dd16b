import type { InstanceWork } from "./instance-work.js";
import { lineOfCall } from "./web-script.js";
import { inTurn, others, type WorkSite } from "./work-site.js";

/** Members that follow what the instance prints, and how busy it and its node are. */
export class WatchWork {
  readonly #site: WorkSite;
  readonly #instance: InstanceWork;
  /** The number of the last line that was read. */
  #sequence = 0;

  constructor(site: WorkSite, instance: InstanceWork) {
    this.#site = site;
    this.#instance = instance;
  }

  /**
   * A member follows the output of the instance from where the last one left it, another one calls the
   * service meanwhile, and the first leaves when it has read the line that the call has printed.
   */
  async followCall(turn: number): Promise<void> {
    const { counts, report } = this.#site;
    const { place } = this.#instance;
    const after = this.#sequence;
    const line = lineOfCall(counts.service_calls + 1);
    const by = inTurn(others(this.#site, place.host), turn);
    const following = by.do("follow-output", { ...place, after, line });
    const [{ lines, sequence }] = await Promise.all([
      following,
      this.#instance.callService(turn + 1, true),
    ]);
    if (sequence <= after) throw new Error(numberedAnew(place.instance_id, sequence, after));
    this.#sequence = sequence;
    counts.output_lines += lines;
    const { host: node, instance_id } = place;
    report({ event: "output_followed", by: by.node, node, instance_id, lines, sequence, line });
  }

  async watchMetrics(turn: number): Promise<void> {
    const { counts, report } = this.#site;
    const { place } = this.#instance;
    const { host: node, instance_id } = place;
    const by = inTurn(others(this.#site, node), turn);
    const watched = await by.do("watch-metrics", place);
    counts.metric_samples += watched.samples;
    report({ event: "metrics_watched", by: by.node, node, instance_id, ...watched });
  }
}

function numberedAnew(id: string, sequence: number, after: number): string {
  return `the lines of ${id} are numbered anew: ${sequence} came after ${after}`;
}
