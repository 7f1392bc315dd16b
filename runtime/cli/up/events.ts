import type { CreatedInstance } from "../../constellation/index.js";
import type { MemberState, ResourceAllocated } from "../../index.js";
import { counted, formatMs } from "../print.js";
import type { Interval } from "./intervals.js";
import type { LogEntry, ServiceCall, WatchedLoad } from "./ipc.js";
import type { Summary } from "./summary.js";

/** What happens while `rnp up` runs; with `--json` each is printed as one line. */
export type UpEvent =
  | {
      readonly event: "starting";
      readonly cluster: string;
      readonly nodes: number;
      readonly intervals: readonly Interval[];
    }
  | {
      readonly event: "process_started";
      readonly node: string;
      readonly role: "controller" | "node";
      readonly address: string;
      readonly pid: number | undefined;
    }
  /** As the controller sees it. */
  | {
      readonly event: "member";
      readonly node: string;
      readonly state: MemberState;
      readonly previous: MemberState | undefined;
    }
  /** The controller knows that it no longer runs. */
  | { readonly event: "instance_stopped"; readonly instance_id: string; readonly node: string }
  | { readonly event: "all_joined"; readonly members: number }
  | ({ readonly event: "resources_allocated"; readonly by: string } & ResourceAllocated)
  | ({ readonly event: "instance_started" } & CreatedInstance)
  | ({
      readonly event: "service_called";
      readonly by: string;
      readonly service_name: string;
    } & ServiceCall)
  | FileWritten
  | {
      readonly event: "file_read";
      readonly by: string;
      readonly path: string;
      readonly size: number;
      readonly checksum: string;
    }
  | ({ readonly event: "load_watched"; readonly by: string } & WatchedLoad)
  | {
      readonly event: "instance_moved";
      readonly instance_id: string;
      readonly from: string;
      readonly to: string;
      /** What was moved. */
      readonly bytes: number;
      readonly ms: number;
    }
  | {
      readonly event: "output_read";
      readonly by: string;
      readonly instance_id: string;
      readonly node: string;
      readonly lines: readonly string[];
    }
  | {
      readonly event: "progress";
      readonly messages: number;
      readonly pings: number;
      readonly service_calls: number;
      readonly files_written: number;
      readonly replicas_verified: number;
    }
  | ({ readonly event: "log"; readonly node: string } & LogEntry)
  | { readonly event: "problem"; readonly text: string }
  | { readonly event: "stopping" }
  | { readonly event: "process_stopped"; readonly node: string }
  | Summary;

export interface FileWritten {
  readonly event: "file_written";
  readonly by: string;
  readonly path: string;
  readonly size: number;
  readonly checksum: string;
  readonly replicas: readonly string[];
  /** Those whose bytes on disk have that checksum. */
  readonly verified: readonly string[];
}

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
