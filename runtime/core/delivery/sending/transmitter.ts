import { toRnpError } from "../../error.js";
import type { Attempts } from "./attempts.js";
import type { Backlog } from "./backlog.js";
import type { ChannelHeading } from "./heading.js";
import type { Numbering } from "./numbering.js";
import type { Outcomes } from "./outcomes.js";
import type { OutgoingMessage } from "./outgoing.js";
import type { SendWindow } from "./send-window.js";
import type { ChannelWire } from "./wire.js";

export interface TransmitterOptions {
  readonly heading: ChannelHeading;
  readonly numbering: Numbering;
  readonly window: SendWindow;
  readonly backlog: Backlog;
  readonly outcomes: Outcomes;
  readonly attempts: Attempts;
}

/**
 * Puts the messages of a channel on its connection while there is room there: first, in order, what is to be sent
 * again, then what waits in the backlog. A message gets its number and the count of its id when it first leaves.
 */
export class Transmitter {
  /** What the id of the last message counts that had none before. */
  idCount = 0;
  readonly #heading: ChannelHeading;
  readonly #numbering: Numbering;
  readonly #window: SendWindow;
  readonly #backlog: Backlog;
  readonly #outcomes: Outcomes;
  readonly #attempts: Attempts;
  readonly #wake = () => this.#roomHasCome();
  #wire: ChannelWire | undefined;
  #awaitsRoom = false;
  /** How many things must be written down before anything leaves. */
  #holdCount = 0;
  #now = 0;

  constructor(options: TransmitterOptions) {
    const { heading, numbering, window, backlog, outcomes, attempts } = options;
    this.#heading = heading;
    this.#numbering = numbering;
    this.#window = window;
    this.#backlog = backlog;
    this.#outcomes = outcomes;
    this.#attempts = attempts;
  }

  get isAttached(): boolean {
    return this.#wire !== undefined;
  }

  attach(wire: ChannelWire): void {
    this.#wire = wire;
    this.#awaitsRoom = false;
  }

  detach(): void {
    this.#wire = undefined;
  }

  /** Nothing leaves until `written` has settled; where it fails, nothing ever does. */
  hold(written: Promise<void>): void {
    this.#holdCount += 1;
    written.then(
      () => {
        this.#holdCount -= 1;
        this.pump(this.#now);
      },
      () => {},
    );
  }

  /**
   * Sends a new message where nothing is to leave before it and there is room. `false`: it has to wait.
   *
   * @throws RnpError `PROTOCOL_ERROR` where its data breaks its schema
   */
  sendAtOnce(now: number, message: OutgoingMessage): boolean {
    const wire = this.#wire;
    if (wire === undefined || !this.#isNext(wire)) return false;
    this.#now = now;
    message.seq = this.#window.next;
    this.#sendNew(wire, message);
    return true;
  }

  /** Sends what there is room for, now and whenever there is room again. */
  pump(now: number): void {
    this.#now = now;
    const wire = this.#wire;
    if (wire === undefined || this.#attempts.isPaused || this.#holdCount > 0) return;
    while (wire.hasRoom) {
      if (!this.#sendAgain(wire) && !this.#sendFromBacklog(wire)) return;
    }
    if (this.#awaitsRoom || (this.#window.isSent && this.#backlog.isEmpty)) return;
    this.#awaitsRoom = true;
    wire.awaitRoom(this.#wake);
  }

  #roomHasCome(): void {
    this.#awaitsRoom = false;
    this.pump(this.#now);
  }

  /** Whether a new message would be the next to leave, and would leave now. */
  #isNext(wire: ChannelWire): boolean {
    const window = this.#window;
    return (
      wire.hasRoom &&
      this.#holdCount === 0 &&
      this.#backlog.isEmpty &&
      window.isSent &&
      !window.hasGap &&
      !this.#attempts.isPaused &&
      window.hasRoom
    );
  }

  /** Sends the next message that has been sent before and is to be again. `false`: there is none now. */
  #sendAgain(wire: ChannelWire): boolean {
    const message = this.#window.nextAgain();
    if (message === undefined) return false;
    const { size } = message;
    try {
      this.#transmit(wire, message);
      this.#window.grew(message.size - size);
    } catch (thrown) {
      this.#outcomes.givenUp(message, toRnpError(thrown)); // Its data has been changed since.
    }
    return true;
  }

  #sendFromBacklog(wire: ChannelWire): boolean {
    const window = this.#window;
    if (!window.isSent || !window.hasRoom) return false;
    const message = this.#backlog.first();
    if (message === undefined || !this.#numbering.place(message)) return false;
    this.#backlog.shift();
    try {
      this.#sendNew(wire, message);
    } catch (thrown) {
      this.#outcomes.unsendable(message, toRnpError(thrown));
    }
    return true;
  }

  #sendNew(wire: ChannelWire, message: OutgoingMessage): void {
    if (message.count === 0) message.count = message.number || this.idCount + 1;
    try {
      this.#transmit(wire, message);
    } catch (thrown) {
      message.seq = 0;
      throw thrown;
    }
    this.idCount = Math.max(this.idCount, message.count);
    this.#window.add(message);
  }

  #transmit(wire: ChannelWire, message: OutgoingMessage): void {
    const heading = this.#heading;
    heading.meta = message.meta;
    heading.count = message.count;
    heading.seq = message.seq;
    heading.floor = this.#window.floor;
    heading.isOnce = message.promise === "exactly-once-while-running";
    message.size = wire.transmit(message.type, message.data, heading);
    message.sentAt = this.#now;
    message.fate = "out";
    message.isSent = true;
  }
}
