import { counted, formatMs } from "../print.js";
import type { FileWritten, UpEvent } from "./events.js";
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
        `${event.address} answered in ${formatMs(event.ms)}`
      );
    case "file_written":
      return fileText(event);
    case "file_read":
      return `${event.by} read ${event.path} back from a node: ${megabytes(event.size)}, as written`;
    case "load_watched":
      return (
        `${event.by} watched ${event.node}: ${counted(event.instances, "instance")}, ` +
        `processors ${event.cpu_percent.toFixed(0)} % busy, memory ${event.ram_percent.toFixed(0)} % used`
      );
    case "instance_moved":
      return (
        `${event.instance_id} moved from ${event.from} to ${event.to}: ` +
        `${counted(event.bytes, "byte")} in ${formatMs(event.ms)}`
      );
    case "output_read":
      return (
        `${event.by} read what ${event.instance_id} printed, ` +
        `${counted(event.lines.length, "line")}: ${event.lines.at(-1)}`
      );
    case "progress":
      return (
        `${event.messages} messages, ${event.pings} pings, ${event.service_calls} service calls, ` +
        `${event.replicas_verified} replicas verified`
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

function fileText({ by, path, size, replicas, verified }: FileWritten): string {
  const wrong = replicas.filter((node) => !verified.includes(node));
  const but = wrong.length === 0 ? "" : `, but NOT on ${wrong.join(", ")}`;
  return `${by} wrote ${path} (${megabytes(size)}), verified on ${verified.join(", ") || "none"}${but}`;
}

function megabytes(size: number): string {
  return `${(size / 1e6).toFixed(1)} MB`;
}

function logText({ node, level, message, fields }: { readonly node: string } & LogEntry): string {
  const facts = Object.entries(fields).map(([name, value]) => {
    return `${name} ${typeof value === "object" ? JSON.stringify(value) : value}`;
  });
  const mark = level === "info" ? "" : ` ${level}:`;
  return `${node}:${mark} ${message}${facts.length === 0 ? "" : ` (${facts.join(", ")})`}`;
}
