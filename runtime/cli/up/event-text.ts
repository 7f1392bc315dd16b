import { counted, formatMs } from "../print.js";
import type { FileWritten, MetricsSeen, UpEvent } from "./events.js";
import type { LogEntry } from "./ipc.js";

/** One line for people, `undefined` for what is not worth one. */
export function textOf(event: UpEvent): string | undefined {
  switch (event.event) {
    case "starting":
      return `starting a controller and ${counted(event.nodes, "node")}, cluster ${event.cluster}`;
    case "process_started":
      return `${event.node} listens on ${event.address} (pid ${event.pid})`;
    case "member":
      return `${event.node} ${event.state === "left" ? "has left" : `is ${event.state}`}`;
    case "all_joined":
      return `all ${event.members} members see each other alive`;
    case "resources_allocated":
      return (
        `${event.by} asked for ${event.ram_mb} MB for ${event.instance_id}: ` +
        `allocated on ${event.node}`
      );
    case "instance_started":
      return (
        `${event.instance_id} started on ${event.node} in ${formatMs(event.startup_time_ms)}, ` +
        `listens on ${event.listening_on}`
      );
    case "instance_stopped":
      return `${event.instance_id} stopped on ${event.node}`;
    case "service_called":
      return (
        `${event.by} found ${event.service_name} in the mesh: ` +
        `${event.address} answered call ${event.calls} in ${formatMs(event.ms)}`
      );
    case "output_followed":
      return (
        `${event.by} follows the output of ${event.instance_id} on ${event.node}: ` +
        `line ${event.sequence} is "${event.line}"`
      );
    case "metrics_watched":
      return metricsText(event);
    case "file_written":
      return fileText(event);
    case "file_read":
      return `${event.by} read ${event.path} through the mesh in ${formatMs(event.ms)}, as written`;
    case "instance_located":
      return `${event.by} asked where ${event.instance_id} is: it runs on ${event.node}`;
    case "instance_moved":
      return (
        `${event.by} had ${event.instance_id} moved from ${event.from} to ${event.to}: ` +
        `${sizeText(event.bytes)} in ${formatMs(event.ms)}`
      );
    case "progress":
      return (
        `${event.messages} messages, ${event.pings} pings, ${event.service_calls} service calls, ` +
        `${counted(event.instances_moved, "move")}, ${event.replicas_verified} replicas verified`
      );
    case "log":
      return logText(event);
    case "problem":
      return `PROBLEM: ${event.text}`;
    case "stopping":
      return "stopping: the members leave, the controller last";
    case "process_stopped":
      return `${event.node} ended`;
    case "summary":
      return undefined;
  }
}

function metricsText({ by, node, instance_id, ...usage }: MetricsSeen): string {
  const { node_cpu_percent, node_ram_percent, cpu_percent, ram_mb } = usage;
  const cores = `${node_cpu_percent.toFixed(0)}% of its cores`;
  const busy = `${cores} and ${node_ram_percent.toFixed(0)}% of its memory in use`;
  // Where the system does not tell, nothing is made up.
  const measured = [
    ...(cpu_percent === undefined ? [] : [`${cpu_percent.toFixed(0)}%`]),
    ...(ram_mb === undefined ? [] : [`${ram_mb.toFixed(0)} MB`]),
  ];
  const share = measured.length === 0 ? "" : `, ${instance_id} takes ${measured.join(" and ")}`;
  return `${by} watches ${node}: ${busy}${share}`;
}

function sizeText(bytes: number): string {
  return bytes < 1e5 ? `${(bytes / 1e3).toFixed(1)} kB` : `${(bytes / 1e6).toFixed(1)} MB`;
}

function fileText({ by, path, size, replicas, verified }: FileWritten): string {
  const wrong = replicas.filter((node) => !verified.includes(node));
  const but = wrong.length === 0 ? "" : `, but NOT on ${wrong.join(", ")}`;
  return `${by} wrote ${path} (${sizeText(size)}), verified on ${verified.join(", ") || "none"}${but}`;
}

function logText({ node, level, message, fields }: { readonly node: string } & LogEntry): string {
  const facts = Object.entries(fields).map(([name, value]) => {
    return `${name} ${typeof value === "object" ? JSON.stringify(value) : value}`;
  });
  const mark = level === "info" ? "" : ` ${level}:`;
  return `${node}:${mark} ${message}${facts.length === 0 ? "" : ` (${facts.join(", ")})`}`;
}
