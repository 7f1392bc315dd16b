import { setTimeout as sleep } from "node:timers/promises";
import { testCertificateFiles } from "../../support/certificates.js";
import { freeAddress } from "../../support/proxy.js";
import type { Kill } from "./kills.js";
import { Ledger } from "./ledger.js";
import { Life, type Role } from "./life.js";
import type { ReceiverOrders, SenderOrders } from "./orders.js";

/** A sender and a receiver, each a process that is killed and started again. */
export class Pair {
  readonly ledger = new Ledger();
  readonly #receiverOrders: ReceiverOrders;
  readonly #senderOrders: Omit<SenderOrders, "firstNumber">;
  readonly #lives: Record<Role, Life>;
  /** They take the place of those that are killed, at once. */
  readonly #spares: Record<Role, Life>;
  #lifeCount = 0;
  #heardThrough = () => {};
  #fail: (error: Error) => void = () => {};
  readonly #fault = new Promise<never>((_, reject) => {
    this.#fail = reject;
  });

  private constructor(receiver: ReceiverOrders, sender: Omit<SenderOrders, "firstNumber">) {
    this.#fault.catch(() => {}); // It is heard by whoever waits.
    this.#receiverOrders = receiver;
    this.#senderOrders = sender;
    this.#lives = { receiver: this.#fork("receiver"), sender: this.#fork("sender") };
    this.#spares = { receiver: this.#fork("receiver"), sender: this.#fork("sender") };
    for (const role of ["receiver", "sender"] as const) this.#begin(role);
  }

  /** Starts both; what still runs after the test is killed. */
  static async start(): Promise<Pair> {
    const address = await freeAddress();
    const receiver = await testCertificateFiles({ id: "controller-1", role: "controller" });
    const sender = await testCertificateFiles({ id: "node-1" });
    return new Pair({ identity: receiver, listen: address }, { identity: sender, address });
  }

  /** Kills one of them, and starts it again. */
  async kill({ victim, waitsForWork, delayMs }: Kill): Promise<void> {
    if (waitsForWork) await this.#soon(this.#lives[victim].atWork, `the ${victim} is at work`);
    await sleep(delayMs);
    await this.#lives[victim].kill();
    this.#lives[victim] = this.#spares[victim];
    this.#spares[victim] = this.#fork(victim);
    this.#begin(victim);
  }

  /** Lets all that is on its way come to its end, without a further kill. */
  async finish(): Promise<void> {
    const through = new Promise<void>((resolve) => {
      this.#heardThrough = resolve;
    });
    this.#lives.sender.tell("finish");
    await this.#soon(through, "the sender is through");
  }

  #begin(role: Role): void {
    const firstNumber = NUMBERS_OF_A_LIFE * this.#lifeCount++;
    const orders =
      role === "receiver" ? this.#receiverOrders : { ...this.#senderOrders, firstNumber };
    this.#lives[role].tell(orders);
  }

  #fork(role: Role): Life {
    return new Life(
      role,
      (line) => this.#hear(line),
      (error) => this.#fail(error),
    );
  }

  #hear(line: string): void {
    if (line === "through") this.#heardThrough();
    else this.ledger.hear(line);
  }

  /** Waits for what must come, though a machine that is busy takes its time. */
  async #soon(awaited: Promise<void>, what: string): Promise<void> {
    const patience = new AbortController();
    const late = sleep(PATIENCE_MS, undefined, patience).then(() => {
      throw new Error(`${what}: not within ${PATIENCE_MS} ms`);
    });
    late.catch(() => {});
    await Promise.race([awaited, this.#fault, late]).finally(() => patience.abort());
  }
}

/** More than one sends. */
const NUMBERS_OF_A_LIFE = 1_000_000;
const PATIENCE_MS = 30_000;
