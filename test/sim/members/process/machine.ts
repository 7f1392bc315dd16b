import type { Host } from "../tcp/dial.js";
import type { Network } from "../tcp/network.js";
import { Process, type Program } from "./process.js";

/** What a program finds where it starts. */
export interface Place {
  readonly process: Process;
  readonly machine: Machine;
}

const UNIX_EPOCH_MS = 1_705_075_200_000;

/** A machine with one process at most, a clock on its wall, and a disk. */
export class Machine implements Host {
  readonly node: number;
  readonly name: string;
  readonly address: string;
  /** How wrong the clock on its wall is. */
  clockOffsetMs = 0;
  /** The epoch of its last process, as its disk has it. */
  #epoch = 0;
  readonly #network: Network;
  #process: Process | undefined;

  constructor(network: Network, node: number, name: string) {
    this.#network = network;
    this.node = node;
    this.name = name;
    this.address = `host-${node}:7946`;
  }

  get process(): Process | undefined {
    return this.#process;
  }

  get listener(): Process | undefined {
    return this.#process;
  }

  unixTimeMs(): number {
    return Math.floor(UNIX_EPOCH_MS + this.#network.engine.now + this.clockOffsetMs);
  }

  /** For a process that begins: later than that of each before it, even where the clock has been set back. */
  nextEpoch(): number {
    this.#epoch = Math.max(this.unixTimeMs(), this.#epoch + 1);
    return this.#epoch;
  }

  /** The disk is lost: an epoch may come that is earlier than one before it. */
  loseDisk(): void {
    this.#epoch = 0;
  }

  /** Switches it on, if it was off, and starts a process. */
  start(make: (place: Place) => Program): Process {
    if (this.#process !== undefined) throw new Error(`${this.name} runs already`);
    this.#network.silence(this.node, false);
    const process = new Process(this.#network, this.node);
    this.#process = process;
    process.start(make({ process, machine: this }));
    return process;
  }

  /** Its process is killed; whoever was connected to it hears of it. */
  kill(): void {
    this.#take()?.kill();
  }

  /** It loses its power: there is nothing but silence from then on. */
  vanish(): void {
    this.#take()?.vanish();
    this.#network.silence(this.node, true);
  }

  /** Its process ends by itself. */
  exit(): void {
    this.#take()?.exit();
  }

  #take(): Process | undefined {
    const process = this.#process;
    this.#process = undefined;
    return process;
  }
}
