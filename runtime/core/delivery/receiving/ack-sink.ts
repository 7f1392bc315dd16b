import type { Identified } from "../../envelope-writer.js";
import type { RnpError } from "../../error.js";
import type { ReceiveChannel } from "./receive-channel.js";

/** The connection that what is to be said about the messages of a channel goes out by. */
export interface AckSink {
  readonly isOpen: boolean;
  /** The later a connection was opened, the higher. */
  readonly order: number;
  /** The channel has something to acknowledge; asks it for the ack when the connection is written next. */
  add(channel: ReceiveChannel): void;
  /** Says that a message failed. */
  refuse(message: Identified, error: RnpError): void;
}
