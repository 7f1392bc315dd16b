"""TLS and who is at its other end (SPEC.md, section 6)."""

from __future__ import annotations

import re
import ssl
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .errors import RnpError

ALPN = "rnp/1"
TLS_TIMEOUT_SECONDS = 2.0

_PART = "[a-z0-9-]{1,63}"
_URI = re.compile(rf"rnp://({_PART})/(node|controller)/({_PART})")

# In DER: the name of the extension, and the extension that says `cA: true`, critical or not.
_SUBJECT_ALT_NAME = bytes.fromhex("0603551d11")
_IS_AUTHORITY = re.compile(rb"\x06\x03\x55\x1d\x13(\x01\x01\xff)?\x04.\x30.\x01\x01\xff", re.DOTALL)


@dataclass(frozen=True)
class Identity:
    """What a certificate says of its owner."""

    cluster: str
    role: str
    node_id: str


@dataclass(frozen=True)
class Credentials:
    """The files of a certificate, its key, and the certificate of the cluster's authority."""

    cert: Path
    key: Path
    ca: Path

    def context(self, is_server: bool) -> ssl.SSLContext:
        """TLS 1.3 with certificates on both sides, without tickets.

        The `ssl` of Python chooses neither the order of the cipher suites nor several groups. Those of
        OpenSSL hold: the same suites, and X25519 before P-256.
        """
        protocol = ssl.PROTOCOL_TLS_SERVER if is_server else ssl.PROTOCOL_TLS_CLIENT
        context = ssl.SSLContext(protocol)
        context.minimum_version = ssl.TLSVersion.TLSv1_3
        context.check_hostname = False  # The identity is in the URI, which `identity_of` reads.
        context.verify_mode = ssl.CERT_REQUIRED
        context.load_verify_locations(self.ca)
        context.load_cert_chain(self.cert, self.key)
        context.set_alpn_protocols([ALPN])
        context.options |= ssl.OP_NO_TICKET
        if is_server:
            context.num_tickets = 0
        return context

    def identity(self) -> Identity:
        """Who these credentials say their owner is."""
        # The one function of Python's `ssl` that reads a certificate which no peer has shown.
        decoded: dict[str, Any] = ssl._ssl._test_decode_cert(str(self.cert))  # type: ignore[attr-defined]
        return identity_in(decoded)


def identity_in(certificate: dict[str, Any]) -> Identity:
    """The identity in a certificate as `getpeercert` gives it; raises AUTH_FAILED."""
    names = certificate.get("subjectAltName", ())
    match = _URI.fullmatch(names[0][1]) if len(names) == 1 and names[0][0] == "URI" else None
    if match is None:
        raise RnpError("AUTH_FAILED", "expected one name, a URI rnp://cluster/role/node-id")
    return Identity(*match.groups())


def peer_of(tls: ssl.SSLObject, ours: Identity) -> tuple[Identity, float]:
    """Who is at the other end, and when its certificate expires, in seconds since 1970.

    Raises AUTH_FAILED for whoever is not of the cluster, or agreed on another protocol.
    """
    if tls.selected_alpn_protocol() != ALPN:
        raise RnpError("AUTH_FAILED", f"expected ALPN {ALPN}")
    certificate: dict[str, Any] = tls.getpeercert() or {}
    _judge_extensions(tls.getpeercert(binary_form=True) or b"")
    peer = identity_in(certificate)
    if peer.cluster != ours.cluster:
        raise RnpError("AUTH_FAILED", f"expected a node of {ours.cluster}, got {peer.cluster}")
    return peer, ssl.cert_time_to_seconds(certificate["notAfter"])


def _judge_extensions(der: bytes) -> None:
    """What `getpeercert` does not tell: a second extension of names, and that the owner is an authority."""
    if der.count(_SUBJECT_ALT_NAME) != 1:
        raise RnpError("AUTH_FAILED", "expected one extension with one name")
    if _IS_AUTHORITY.search(der):
        raise RnpError(
            "AUTH_FAILED", "expected the certificate of a node, got that of an authority"
        )
