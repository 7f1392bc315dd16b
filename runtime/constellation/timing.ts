/** When an agent speaks to its controller, in ms; heartbeats go by the `liveness` of the node. */
export interface AgentTiming {
  /** Between two `resource.status`, when nothing changes. Default 30 s. */
  readonly resourceIntervalMs: number;
  /** Between two looks at the machine; a significant change is reported at once. Default 5 s. */
  readonly measureIntervalMs: number;
}

/** When a controller looks after things, in ms. */
export interface ControllerTiming {
  /** Between two probes of a service. Default 10 s. */
  readonly healthIntervalMs: number;
  /** How long a service may take to answer a probe. Default 2 s. */
  readonly healthTimeoutMs: number;
  /** How long resources stay reserved that no instance uses. Default 1 hour. */
  readonly allocationMs: number;
  /**
   * How long they stay reserved for an instance that may or may not run: its start had no clear outcome,
   * or its node is lost. Default 2 minutes; nodes repeat what they run every 30 s.
   */
  readonly uncertainMs: number;
  /** Between two looks at what has expired and what is to be started again. Default 1 s. */
  readonly sweepIntervalMs: number;
}

/** The timing of the specification, and ours where it is silent. */
export const AGENT_TIMING: AgentTiming = {
  resourceIntervalMs: 30_000,
  measureIntervalMs: 5000,
};

export const CONTROLLER_TIMING: ControllerTiming = {
  healthIntervalMs: 10_000,
  healthTimeoutMs: 2000,
  allocationMs: 3_600_000,
  uncertainMs: 120_000,
  sweepIntervalMs: 1000,
};
