import type { Occurrence } from "../world/occurrence.js";
import { Checker } from "./checker.js";

type Of<Kind extends Occurrence["kind"]> = Extract<Occurrence, { kind: Kind }>;

const INITIAL_WINDOW = 65_536;
const MAX_WINDOW = 16_777_216;
/** By their names in the specification: these cost nothing. */
const FREE: ReadonlySet<string> = new Set([
  ..."ack cancel error goodbye goodbye_ack hello hello_ack ping pong".split(" "),
  ..."stream.credit stream.end window.update heartbeat gossip.heartbeat".split(" "),
]);
/** These cost, but do not wait for credit: who asked has made room for them. */
const ANSWERS: ReadonlySet<string> = new Set(["instance.location"]);

/** The books of one direction of a connection, kept from what was seen on the wire. */
class Account {
  /** What the sender may still send; `undefined` where nobody counts. */
  credit: number | undefined;
  /** What the greeting of the other side granted. */
  greetedWith: number | undefined;
  receivedSize = 0;
  grantedSize = 0;
  largestSize = 0;
  /** With handlers, by call. */
  readonly held = new Map<number, number>();
  heldSize = 0;
}

/** Nobody sends without credit, nobody keeps more than was granted, and what is given back is what was used. */
export class Credit extends Checker {
  override readonly rule = "credit is neither overrun nor lost nor given twice";
  readonly #accounts = new Map<string, Account>();
  readonly #ends = new Map<number, readonly [client: string, server: string]>();
  /** Messages that take up none while a handler has them: control messages, and requests for streams. */
  readonly #free = new Set<number>();
  /** The last of each end that has not closed. */
  readonly #states = new Map<string, Of<"state">>();

  protected override judge(occurrence: Occurrence): void {
    switch (occurrence.kind) {
      case "dialled":
        return void this.#ends.set(occurrence.connection, [occurrence.node, occurrence.to]);
      case "call":
        if (occurrence.verb === "stream" || occurrence.verb === "post") {
          this.#free.add(occurrence.call);
        }
        return;
      case "frame":
        return occurrence.way === "out" ? this.#written(occurrence) : this.#came(occurrence);
      case "arrived":
        return this.#arrived(occurrence);
      case "handled":
      case "dropped":
        return this.#handled(occurrence);
      case "state":
        return this.#state(occurrence);
      case "closed":
        return void this.#states.delete(`${occurrence.connection} ${occurrence.node}`);
      case "crashed":
        return this.#crashed(occurrence.node);
      case "phase":
        if (occurrence.name === "closing") this.#finish();
    }
  }

  #written({ connection, node, type, bytes, credit }: Of<"frame">): void {
    const account = this.#from(connection, node);
    // With its `hello_ack` the server says whether both count.
    if (type === "hello_ack" && credit !== undefined) account.credit = account.greetedWith;
    if (type === "window.update") this.#to(connection, node).grantedSize += credit ?? 0;
    if (FREE.has(type) || account.credit === undefined) return;
    if (account.credit <= 0 && !ANSWERS.has(type)) {
      this.fail(`${node} sent ${type} on ${connection} at a credit of ${account.credit}`);
    }
    account.credit -= bytes;
  }

  #came({ connection, node, type, bytes, credit }: Of<"frame">): void {
    const own = this.#from(connection, node);
    if (type === "hello") own.greetedWith = credit;
    else if (type === "hello_ack") own.credit = credit;
    else if (type === "window.update" && own.credit !== undefined) {
      own.credit += credit ?? 0;
      if (own.credit > MAX_WINDOW) this.fail(`${node} was given a credit of ${own.credit}`);
    }
    if (FREE.has(type)) return;
    const account = this.#to(connection, node);
    account.receivedSize += bytes;
    account.largestSize = Math.max(account.largestSize, bytes);
  }

  #arrived({ call, node, connection, bytes }: Of<"arrived">): void {
    if (this.#free.has(call)) return;
    const account = this.#to(connection, node);
    account.held.set(call, bytes);
    account.heldSize += bytes;
  }

  #handled({ call, connection }: Of<"handled" | "dropped">): void {
    for (const node of this.#ends.get(connection) ?? []) {
      const account = this.#from(connection, node);
      account.heldSize -= account.held.get(call) ?? 0;
      account.held.delete(call);
    }
  }

  /** `node` tells how it is doing as a receiver. */
  #state(state: Of<"state">): void {
    const { connection, node, window, unsettled } = state;
    this.#states.set(`${connection} ${node}`, state);
    const account = this.#to(connection, node);
    if (account.credit === undefined) return;
    const { receivedSize, grantedSize, heldSize, largestSize } = account;
    const returned = receivedSize - heldSize + window - INITIAL_WINDOW;
    if (grantedSize > returned) {
      this.fail(`${node} gave back ${grantedSize} bytes on ${connection}, of ${returned}`);
    }
    if (window > MAX_WINDOW) this.fail(`${node} has a window of ${window} on ${connection}`);
    if (Math.max(unsettled, heldSize) > window + largestSize) {
      this.fail(`${node} holds ${unsettled} bytes on ${connection}, with a window of ${window}`);
    }
    if (unsettled < 0) this.fail(`${node} holds ${unsettled} bytes on ${connection}`);
  }

  #crashed(node: string): void {
    for (const [name, state] of this.#states) if (state.node === node) this.#states.delete(name);
  }

  /** All is at rest: each byte of the window is either credit or waits to be worth a grant. */
  #finish(): void {
    for (const [connection, [client, server]] of this.#ends) {
      this.#checkRest(connection, client, server);
      this.#checkRest(connection, server, client);
    }
  }

  #checkRest(connection: number, sender: string, receiver: string): void {
    const sending = this.#states.get(`${connection} ${sender}`);
    const receiving = this.#states.get(`${connection} ${receiver}`);
    const account = this.#from(connection, sender);
    if (sending === undefined || receiving === undefined || account.credit === undefined) return;
    const way = `${sender} to ${receiver} on ${connection}`;
    if (sending.queued > 0) this.fail(`${way}: ${sending.queued} bytes are still queued`);
    if (sending.credit !== account.credit) {
      this.fail(`${way}: a credit of ${sending.credit} should be ${account.credit}`);
    }
    if (receiving.unsettled !== 0 || account.heldSize !== 0) {
      this.fail(`${way}: ${receiving.unsettled} bytes were never settled`);
    }
    const lost = receiving.window - account.credit;
    if (lost < 0 || lost > receiving.window / 2) {
      this.fail(`${way}: a credit of ${account.credit}, of a window of ${receiving.window}`);
    }
  }

  /** What `node` sends. */
  #from(connection: number, node: string): Account {
    const name = `${connection} ${node}`;
    const account = this.#accounts.get(name) ?? new Account();
    this.#accounts.set(name, account);
    return account;
  }

  /** What `node` receives. */
  #to(connection: number, node: string): Account {
    const [client, server] = this.#ends.get(connection)!;
    return this.#from(connection, node === client ? server : client);
  }
}
