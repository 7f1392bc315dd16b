export { Agent, type LeaveOptions, startAgent } from "./agent.js";
export type { AgentOptions } from "./agent-parts.js";
export { Controller, type ControllerOptions, startController } from "./controller.js";
export type { NodeView } from "./controller-parts.js";
export type { Deployment } from "./deployments.js";
export type { FileSource } from "./file-content.js";
export type { ReadingNetwork } from "./file-holders.js";
export { type ReadFileOptions, readFile, streamFile } from "./file-reader.js";
export {
  type StorageNetwork,
  type WriteFileOptions,
  type WrittenFile,
  writeFile,
} from "./file-writer.js";
export type { HandOverReport } from "./hand-over.js";
export type { CallLimits, CreatedInstance, InstanceRequest } from "./instance-creator.js";
export type { RunningInstance } from "./instance-runner.js";
export type { KnownInstance } from "./instances.js";
export type { MoveOptions } from "./moves.js";
export type { Strategy } from "./placement.js";
export type { PlacementWish } from "./placement-rules.js";
export { SCRIPT_RUNNERS, type ScriptRunners } from "./script-runner.js";
export type { Service } from "./service-registry.js";
export {
  AGENT_TIMING,
  type AgentTiming,
  CONTROLLER_TIMING,
  type ControllerTiming,
} from "./timing.js";
