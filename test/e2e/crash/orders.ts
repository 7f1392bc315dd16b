import type { CertificatePaths } from "../../../runtime/security/certificate-files.js";

/** What a receiver is told when it is to begin. */
export interface ReceiverOrders {
  readonly identity: CertificatePaths;
  /** `HOST:PORT`, the same in each life. */
  readonly listen: string;
}

/** What a sender is told when it is to begin. */
export interface SenderOrders {
  readonly identity: CertificatePaths;
  /** Where the receiver listens, once it does. */
  readonly address: string;
  /** Its messages have this number and those that follow. */
  readonly firstNumber: number;
}
