import type {
  CreatedInstance,
  InstanceRequest,
  NodeView,
  Service,
} from "../../constellation/index.js";
import type {
  DisseminationName,
  InstanceLocation,
  InstanceMove,
  Member,
  MembershipTiming,
  ResourceAllocated,
  ResourceRequest,
  TypeReport,
} from "../../index.js";

/*
 * What `rnp up` and the processes of its members say to each other, over the channel that Node gives a
 * forked process. All of it is plain JSON.
 */

/** Traffic of one process by message type, as `node.stats()` gives it. */
export type Stats = Readonly<Record<string, TypeReport>>;

/** How members find out who is silent. */
export interface MembershipStart {
  readonly liveness: MembershipTiming;
  readonly dissemination?: DisseminationName | "auto";
}

/** How a member is to start. */
export interface MemberStart extends MembershipStart {
  readonly role: "controller" | "node";
  readonly identity: { readonly cert: string; readonly key: string; readonly ca: string };
  /** The controller's address; none for the controller itself. */
  readonly join: readonly string[];
  readonly dataDir: string;
  readonly scriptDir: string;
  /** Removed by a member whose parent was killed. */
  readonly folder: string;
}

/** A service that was found through the mesh and has answered. */
export interface ServiceCall {
  readonly instance_id: string;
  readonly node: string;
  readonly address: string;
  /** What the service says of itself. */
  readonly said: string;
  /** Of the HTTP request alone. */
  readonly ms: number;
}

/** An instance and the node that it runs on. */
export interface InstancePlace {
  readonly instance_id: string;
  readonly host: string;
}

/** A file as it was read. */
export interface FileRead {
  readonly size: number;
  readonly checksum: string;
  readonly ms: number;
}

/** What was read of an instance's output. */
export interface OutputFollowed {
  readonly lines: number;
  /** The number of the last of them, which counts all that the instance has printed. */
  readonly sequence: number;
}

/** What was seen of a node, and of an instance on it, in the last of the samples. */
export interface MetricsWatched {
  readonly samples: number;
  readonly node_cpu_percent: number;
  readonly node_ram_percent: number;
  /** Of the instance, like the next one; absent where its node cannot measure that. */
  readonly cpu_percent?: number;
  readonly ram_mb?: number;
}

export interface InstanceMoved {
  /** What travelled. */
  readonly bytes: number;
  readonly ms: number;
}

/** What a member can be asked to do: the input and the output of each task. */
export interface Tasks {
  start: { input: MemberStart; output: { id: string; address: string } };
  /** The members as this one sees them. */
  members: { input: undefined; output: Member[] };
  /** Pings every other member and gives how many answered. */
  "ping-all": { input: undefined; output: number };
  "request-resources": { input: ResourceRequest; output: ResourceAllocated };
  /** Controllers only. */
  "create-instance": { input: InstanceRequest; output: CreatedInstance };
  /** Asks the mesh for a healthy instance of a service and calls it. */
  "call-service": { input: { readonly service_name: string }; output: ServiceCall };
  "write-file": {
    input: { readonly path: string; readonly localPath: string; readonly replicas: number };
    output: { readonly checksum: string; readonly replicas: readonly string[] };
  };
  /** Reads a file from the nearest of the other members that hold it. */
  "read-file": { input: { readonly path: string }; output: FileRead };
  /** Reads what an instance prints, from the line after `after`, until it prints `line`. */
  "follow-output": {
    input: InstancePlace & { readonly after: number; readonly line: string };
    output: OutputFollowed;
  };
  "watch-metrics": { input: InstancePlace; output: MetricsWatched };
  /** Asks the controller where an instance is. Nodes only. */
  "locate-instance": { input: { readonly instance_id: string }; output: InstanceLocation };
  /** Has the node `to` take an instance over from the node `from`. */
  "move-instance": { input: InstanceMove & { readonly to: string }; output: InstanceMoved };
  /** Leaves the cluster, tells the last of its statistics and exits. */
  close: { input: undefined; output: Stats };
}

export type TaskName = keyof Tasks;
export type Input<Name extends TaskName> = Tasks[Name]["input"];
export type Output<Name extends TaskName> = Tasks[Name]["output"];

/** From `rnp up` to a member. */
export interface TaskMessage {
  readonly id: number;
  readonly name: TaskName;
  readonly input: unknown;
}

/** From a member to `rnp up`. */
export type MemberMessage =
  | { readonly kind: "done"; readonly id: number; readonly output: unknown }
  | { readonly kind: "failed"; readonly id: number; readonly text: string }
  | { readonly kind: "telemetry"; readonly telemetry: Telemetry }
  | { readonly kind: "log"; readonly entry: LogEntry };

/** How a member is, told several times a second. */
export interface Telemetry {
  readonly stats: Stats;
  /** As it sees them. */
  readonly members: readonly Member[];
  /** What the controller knows of nodes and services; elsewhere empty. */
  readonly nodes: readonly NodeView[];
  readonly services: readonly Service[];
}

export interface LogEntry {
  readonly level: "info" | "warn" | "error";
  readonly message: string;
  /** `error` is replaced by its text. */
  readonly fields: Readonly<Record<string, unknown>>;
}
