import { ERROR } from "../../generated/messages/error.js";
import type { Calls } from "./calls.js";
import type { ConnectionEvent } from "./connection-types.js";
import { RnpError } from "./error.js";
import type { Lifecycle } from "./lifecycle.js";
import type { Outbound } from "./outbound.js";
import { errorDataOf } from "./peer-error.js";

export interface EndingOptions {
  readonly peer: string;
  readonly lifecycle: Lifecycle;
  readonly outbound: Outbound;
  readonly calls: Calls;
  emit(event: ConnectionEvent): void;
}

/** The end of a connection, which comes once and for one reason. How it comes in good order says `Farewell`. */
export class Ending {
  readonly #options: EndingOptions;
  /** The last connection-level `error` of the peer: the reason, should the stream end next. */
  #peerComplaint: RnpError | undefined;

  constructor(options: EndingOptions) {
    this.#options = options;
  }

  /** Ends at once; `undefined`: all is well. */
  end(error: RnpError | undefined): void {
    const { lifecycle, calls, emit } = this.#options;
    if (lifecycle.kind === "closed") return;
    lifecycle.close();
    calls.failAll();
    emit({ kind: "closed", error });
  }

  /** Tells the peer why, then ends. */
  complain(error: RnpError): void {
    const { lifecycle, outbound, peer } = this.#options;
    if (lifecycle.kind !== "closed") outbound.write(ERROR, errorDataOf(error));
    this.end(error.peer === undefined ? error.with({ peer }) : error);
  }

  /** The peer says what is wrong with the connection as a whole. */
  hearComplaint(error: RnpError): void {
    this.#peerComplaint = error;
  }

  /** The peer ended the stream. Without a `goodbye` that is a lost connection, never a clean end. */
  streamEnded(): void {
    const { kind } = this.#options.lifecycle;
    if (kind === "leaving") return this.end(undefined);
    this.end(this.#peerComplaint ?? this.#lost(kind === "greeting" ? TURNED_AWAY : LOST));
  }

  /** The peer was silent for too long. */
  peerIsGone(): void {
    this.end(this.#lost(SILENT));
  }

  #lost(how: string): RnpError {
    const { peer } = this.#options;
    return new RnpError("UNAVAILABLE", `${peer} ${how}`, { peer, outcome: "unknown" });
  }
}

const LOST = "ended the connection without a goodbye";
const TURNED_AWAY =
  "closed the connection during the handshake; it may not accept this certificate";
const SILENT = "has not been heard on this connection and did not answer a ping";
