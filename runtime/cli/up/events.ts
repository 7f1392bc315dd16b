import type { CreatedInstance } from "../../constellation/index.js";
import type { MemberState, ResourceAllocated } from "../../index.js";
import type { Interval } from "./intervals.js";
import type {
  FileRead,
  InstanceMoved,
  LogEntry,
  MetricsWatched,
  OutputFollowed,
  ServiceCall,
} from "./ipc.js";
import type { Summary, Totals } from "./summary.js";

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
      /** Of the instance that answered. */
      readonly pid: number;
      /** How often it has been called, as it counts itself. */
      readonly calls: number;
    } & Omit<ServiceCall, "said">)
  | ({
      readonly event: "output_followed";
      readonly by: string;
      readonly node: string;
      readonly instance_id: string;
      /** The last that was read. */
      readonly line: string;
    } & OutputFollowed)
  | MetricsSeen
  | FileWritten
  | ({ readonly event: "file_read"; readonly by: string; readonly path: string } & FileRead)
  /** It runs on `node`, as the controller says. */
  | {
      readonly event: "instance_located";
      readonly by: string;
      readonly instance_id: string;
      readonly node: string;
    }
  | ({
      readonly event: "instance_moved";
      readonly by: string;
      readonly instance_id: string;
      readonly from: string;
      readonly to: string;
    } & InstanceMoved)
  | ({ readonly event: "progress"; readonly messages: number } & Omit<
      Totals,
      "members" | "instances_started"
    >)
  | ({ readonly event: "log"; readonly node: string } & LogEntry)
  | { readonly event: "problem"; readonly text: string }
  | { readonly event: "stopping" }
  | { readonly event: "process_stopped"; readonly node: string }
  | Summary;

export interface MetricsSeen extends MetricsWatched {
  readonly event: "metrics_watched";
  readonly by: string;
  readonly node: string;
  readonly instance_id: string;
}

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
