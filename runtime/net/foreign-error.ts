import { RnpError } from "../core/error.js";

/**
 * The one door through which the errors of sockets and of TLS come in. `doing` says what failed, for
 * example `dialling 10.0.0.1:7946`.
 */
export function fromSocketError(doing: string, cause: unknown): RnpError {
  const { code = "", message = String(cause) } = cause as { code?: string; message?: string };
  const known = KNOWN.find(({ pattern }) => pattern.test(code));
  const text = `${doing} failed: ${known?.text ?? message}`;
  return new RnpError(known?.as ?? "UNAVAILABLE", text, { cause });
}

interface Known {
  readonly pattern: RegExp;
  readonly as?: "AUTH_FAILED" | "PROTOCOL_ERROR";
  readonly text: string;
}

const KNOWN: readonly Known[] = [
  {
    pattern: /^ECONNREFUSED$/,
    text: "nobody listens there; start the node or correct the address",
  },
  { pattern: /^(ENOTFOUND|EAI_)/, text: "the host name is not known; correct the address" },
  { pattern: /^(ETIMEDOUT|EHOSTUNREACH|ENETUNREACH)$/, text: "the host cannot be reached" },
  { pattern: /^(ECONNRESET|EPIPE)$/, text: "the peer reset the connection" },
  {
    pattern: /^EADDRINUSE$/,
    text: "the port is in use; choose another, or stop who listens there",
  },
  { pattern: /^EADDRNOTAVAIL$/, text: "this machine has no such address; correct it" },
  { pattern: /^EACCES$/, text: "no permission; ports below 1024 need a privileged process" },
  { pattern: /^E[MN]FILE$/, text: "too many open files; raise the limit of this process" },
  {
    pattern: /CERT_HAS_EXPIRED|CERTIFICATE_EXPIRED/,
    as: "AUTH_FAILED",
    text: "the certificate has expired; issue a new one",
  },
  {
    pattern: /UNABLE_TO_|SELF_SIGNED|UNKNOWN_CA|CERT_|BAD_CERTIFICATE|INVALID_PURPOSE/,
    as: "AUTH_FAILED",
    text: "the certificate is not one of this cluster's CA; use one that `rnp ca issue` made",
  },
  {
    pattern: /CERTIFICATE_REQUIRED/,
    as: "AUTH_FAILED",
    text: "the peer asks for a certificate; give one with its key",
  },
  {
    pattern: /NO_APPLICATION_PROTOCOL/,
    as: "PROTOCOL_ERROR",
    text: "the peer does not speak rnp/1",
  },
  {
    pattern: /^ERR_SSL_/,
    as: "PROTOCOL_ERROR",
    text: "the peer does not speak TLS 1.3, or the connection was tampered with",
  },
];
