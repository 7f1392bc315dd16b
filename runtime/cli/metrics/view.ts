import type { MetricSample } from "../../index.js";
import { counted, table } from "../print.js";
import type { Line, Size } from "../up/terminal.js";

/** One sample on one line, for a file or a pipe. */
export function sampleText(sample: MetricSample): string {
  const { cpu, ram, disk, instances } = sample;
  return [
    timeOf(sample),
    `cpu ${percentText(cpu.percent_used)}`,
    `ram ${percentText(ram.percent_used)}`,
    `disk ${percentText(disk.percent_used)}`,
    ...networkText(sample).map((text) => `net ${text}`),
    counted(instances.length, "instance"),
  ].join("  ");
}

/** One sample on a page of a terminal: the node, then its instances, the busiest first. */
export function samplePage(node: string, sample: MetricSample, { rows }: Size): Line[] {
  const { cpu, ram, disk } = sample;
  const ramText = `${gib(ram.total_mb - ram.available_mb)} of ${gib(ram.total_mb)} GiB`;
  const usedGb = (disk.total_gb - disk.available_gb).toFixed(1);
  const head: Line[] = [
    { text: `rnp metrics  ${node}  ${timeOf(sample)}  Ctrl-C ends`, style: "bold" },
    plain(`cpu   ${percentText(cpu.percent_used)}  of ${counted(cpu.total_cores, "core")}`),
    plain(`ram   ${percentText(ram.percent_used)}  ${ramText}`),
    plain(`disk  ${percentText(disk.percent_used)}  ${usedGb} of ${disk.total_gb.toFixed(1)} GiB`),
    ...networkText(sample).map((text) => plain(`net   ${text}`)),
  ];
  const [titles, ...found] = instanceRows(sample);
  const room = Math.max(1, rows - head.length - 1);
  const shown = found.length > room ? found.slice(0, room - 1) : found;
  const hidden = found.length - shown.length;
  return [
    ...head,
    { text: titles!, style: "inverse" },
    ...shown.map(plain),
    ...(hidden > 0
      ? [{ text: `… ${counted(hidden, "more instance")}`, style: "dim" as const }]
      : []),
  ];
}

function instanceRows({ instances }: MetricSample): string[] {
  const busiest = [...instances].sort((a, b) => (b.cpu_percent ?? 0) - (a.cpu_percent ?? 0));
  const rows = busiest.map(({ instance_id, cpu_percent, ram_mb }) => [
    instance_id,
    cpu_percent === undefined ? "-" : percentText(cpu_percent),
    ram_mb === undefined ? "-" : `${ram_mb.toFixed(1).padStart(8)} MiB`,
  ]);
  return table(["INSTANCE", "CPU", "RAM"], rows).split("\n");
}

function networkText({ network }: MetricSample): string[] {
  if (network === undefined) return [];
  return [`${network.in_mbps.toFixed(1)} in, ${network.out_mbps.toFixed(1)} out, Mbit/s`];
}

function timeOf({ timestamp }: MetricSample): string {
  return new Date(timestamp).toISOString().replace(/\.\d+Z$/, "Z");
}

function percentText(percent: number): string {
  return `${percent.toFixed(1).padStart(5)} %`;
}

function gib(mib: number): string {
  return (mib / 1024).toFixed(1);
}

function plain(text: string): Line {
  return { text, style: "plain" };
}
