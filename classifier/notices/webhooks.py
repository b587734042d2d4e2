"""Signed requests to addresses that people named: what is sent, and where it may not go.

The form and the signature are those of Standard Webhooks (https://www.standardwebhooks.com), for
which receivers find libraries: HMAC-SHA256 over id, time and body, in three headers.
"""

import base64
import hashlib
import hmac
import ipaddress
import socket
from urllib.parse import SplitResult, urlsplit, urlunsplit

import httpx

from classifier.conf import conf

TIMEOUT_SECONDS = 10.0
_LONGEST_ADDRESS = 500


class RefusedAddressError(Exception):
    """A webhook may not go to this address; the message says why."""


def check_url(url: str) -> SplitResult:
    """Check the form of a webhook's address.

    Raises:
        RefusedAddressError: if it is no plain https address; http is for private networks only.
    """
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError as error:
        raise RefusedAddressError("This is no address.") from error
    if len(url) > _LONGEST_ADDRESS or not url.isascii() or not url.isprintable() or " " in url:
        raise RefusedAddressError("An address has 500 plain characters at most.")
    schemes = ("https", "http") if conf.WEBHOOKS_TO_PRIVATE else ("https",)
    if parts.scheme not in schemes or not parts.hostname:
        raise RefusedAddressError(f"An address starts with {' or '.join(schemes)}://")
    if parts.username is not None or parts.password is not None or parts.fragment:
        raise RefusedAddressError("An address has neither a password nor a fragment.")
    return parts


def resolve(host: str, port: int) -> str:
    """Return the network address to connect to.

    A host is refused if any of its addresses is one of a private network, so that a name cannot
    lead there by chance, unless CLASSIFIER_WEBHOOKS_TO_PRIVATE allows that.

    Raises:
        RefusedAddressError: for such a host, or one that has no address.
    """
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise RefusedAddressError(f"{host} has no network address.") from error
    addresses = [str(entry[4][0]) for entry in found]
    if not conf.WEBHOOKS_TO_PRIVATE:
        for address in addresses:
            if not _is_public(address):
                raise RefusedAddressError(
                    f"{host} is an address within a network; only where "
                    "CLASSIFIER_WEBHOOKS_TO_PRIVATE is set are those allowed."
                )
    return addresses[0]


def _is_public(address: str) -> bool:
    known = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(known, ipaddress.IPv6Address):
        inner = known.ipv4_mapped or known.sixtofour
        if known in ipaddress.ip_network("64:ff9b::/96"):  # NAT64 hides an IPv4 address
            inner = ipaddress.IPv4Address(int(known) & 0xFFFFFFFF)
        if inner is not None:
            return _is_public(str(inner))
    return known.is_global and not known.is_multicast


def signature(secret: str, message_id: str, timestamp: int, body: bytes) -> str:
    """Return the signature's header: v1 and the HMAC-SHA256 over id, time and body in base64."""
    signed = f"{message_id}.{timestamp}.".encode() + body
    digest = hmac.new(base64.b64decode(secret), signed, hashlib.sha256).digest()
    return f"v1,{base64.b64encode(digest).decode()}"


def post(url: str, secret: str, message_id: str, timestamp: int, body: bytes) -> int:
    """Send a signed request to exactly the address that was checked; return its status.

    No redirect is followed and no proxy of the environment asked: either could lead elsewhere.

    Raises:
        RefusedAddressError: if it may not go there.
        httpx.HTTPError: if there is no answer.
    """
    parts = check_url(url)
    host = parts.hostname or ""
    port = parts.port or (443 if parts.scheme == "https" else 80)
    address = resolve(host, port)
    where = f"[{address}]:{port}" if ":" in address else f"{address}:{port}"
    pinned = urlunsplit((parts.scheme, where, parts.path or "/", parts.query, ""))
    headers = {
        "Host": parts.netloc,
        "Content-Type": "application/json",
        "User-Agent": "logo-classifier",
        "webhook-id": message_id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": signature(secret, message_id, timestamp, body),
    }
    with httpx.Client(timeout=TIMEOUT_SECONDS, trust_env=False, follow_redirects=False) as client:
        # The certificate has to be the named host's, not the number's.
        request = client.build_request(
            "POST", pinned, content=body, headers=headers, extensions={"sni_hostname": host}
        )
        response = client.send(request, stream=True)  # what it answers is not read
        response.close()
    return response.status_code
