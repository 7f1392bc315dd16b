import type { MessageType } from "../../../wire/message-type.js";
import type { ChannelHeading } from "./heading.js";

/** A connection, as far as a channel that sends on it is concerned. */
export interface ChannelWire {
  /**
   * Whether a message would leave now: the connection is open, and neither credit nor the socket is short, or it is
   * the turn of channels although others wait for credit.
   */
  readonly hasRoom: boolean;
  /**
   * Sends one message that requires an acknowledgement, and says how large its frame is, in bytes.
   *
   * @throws RnpError `PROTOCOL_ERROR` where `data` breaks its schema; nothing was sent then
   */
  transmit(type: MessageType, data: unknown, heading: ChannelHeading): number;
  /** Calls `wake`, once, when there may be room again; never where the connection closes first. */
  awaitRoom(wake: () => void): void;
}

/** What the peer said in its greeting of one channel of ours; see `hello`. */
export interface ChannelReport {
  readonly channel: string;
  readonly epoch: number;
  readonly seq: number;
  readonly highest?: number | undefined;
  readonly refused?: readonly number[] | undefined;
  readonly lost?: boolean | undefined;
}
