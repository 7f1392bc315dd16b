import { setTimeout as sleep } from "node:timers/promises";
import { testCertificateFiles } from "../../support/certificates.js";
import { freeAddress } from "../../support/proxy.js";
import type { Kill } from "./kills.js";
import { Ledger } from "./ledger.js";
import { Life, type Role } from "./life.js";
import { type Lane, RECEIVER_ID, type ReceiverOrders, type SenderOrders } from "./orders.js";

export interface PairOptions {
  readonly lanes: readonly Lane[];
  /** The folders of their stores, which all lanes but `least` need. */
  readonly stores?: Readonly<Record<Role, string>>;
}

/** What the two are told; the number of the first message differs from life to life. */
interface PairOrders {
  readonly receiver: ReceiverOrders;
  readonly sender: Omit<SenderOrders, "firstNumber">;
}

/** A sender and a receiver, each a process that is killed and started again. */
export class Pair {
  readonly ledgers: Readonly<Record<Lane, Ledger>> = {
    least: new Ledger(),
    once: new Ledger(),
    outbox: new Ledger(),
  };
  readonly #orders: PairOrders;
  readonly #lives: Record<Role, Life>;
  /** They take the place of those that are killed, at once. */
  readonly #spares: Record<Role, Life>;
  #lifeCount = 0;
  #heardFinished = () => {};
  #fail: (error: Error) => void = () => {};
  readonly #fault = new Promise<never>((_, reject) => {
    this.#fail = reject;
  });

  private constructor(orders: PairOrders) {
    this.#fault.catch(() => {}); // It is heard by whoever waits.
    this.#orders = orders;
    this.#lives = { receiver: this.#fork("receiver"), sender: this.#fork("sender") };
    this.#spares = { receiver: this.#fork("receiver"), sender: this.#fork("sender") };
    this.#begin("receiver");
    this.#begin("sender");
  }

  /** Starts both; what still runs after the test is killed. */
  static async start({ lanes, stores }: PairOptions): Promise<Pair> {
    const address = await freeAddress();
    const [receiver, sender] = [
      await testCertificateFiles({ id: RECEIVER_ID, role: "controller" }),
      await testCertificateFiles({ id: "node-1" }),
    ];
    const storeOf = (role: Role) => (stores === undefined ? {} : { store: stores[role] });
    return new Pair({
      receiver: { identity: receiver, listen: address, ...storeOf("receiver") },
      sender: { identity: sender, address, lanes, ...storeOf("sender") },
    });
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

  /** Lets all that is on its way come to its end, without a further kill; then both are gone. */
  async finish(): Promise<void> {
    const finished = new Promise<void>((resolve) => {
      this.#heardFinished = resolve;
    });
    this.#lives.sender.tell("finish");
    await this.#soon(finished, "the sender has finished");
    await Promise.all(Object.values(this.#lives).map((life) => life.kill()));
  }

  #begin(role: Role): void {
    const firstNumber = NUMBERS_OF_A_LIFE * this.#lifeCount++;
    const { receiver, sender } = this.#orders;
    this.#lives[role].tell(role === "receiver" ? receiver : { ...sender, firstNumber });
  }

  #fork(role: Role): Life {
    return new Life(
      role,
      (line) => this.#hear(line),
      (error) => this.#fail(error),
    );
  }

  #hear(line: string): void {
    if (line === "sender finished") this.#heardFinished();
    const [lane = "", word = "", number, ...why] = line.split(" ");
    if (lane in this.ledgers) this.ledgers[lane as Lane].hear(word, Number(number), why.join(" "));
  }

  /** Waits for what must come, though a machine that is busy takes its time. */
  async #soon(awaited: Promise<void>, what: string): Promise<void> {
    const patience = new AbortController();
    const late = sleep(PATIENCE_MS, undefined, { signal: patience.signal }).then(() => {
      throw new Error(`${what}: not within ${PATIENCE_MS} ms`);
    });
    late.catch(() => {});
    await Promise.race([awaited, this.#fault, late]).finally(() => patience.abort());
  }
}

/** More than one sends. */
const NUMBERS_OF_A_LIFE = 1_000_000;
const PATIENCE_MS = 30_000;
