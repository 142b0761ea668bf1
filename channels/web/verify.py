"""Which requests may act: the right host, our own page, this very session. Pure."""

from collections.abc import Mapping
from hashlib import sha256
from hmac import compare_digest, new
from urllib.parse import urlsplit

LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


def host_of(netloc: str) -> str:
    """Return the bare, lower-case host of ``host[:port]``; empty when it has none."""
    try:
        return urlsplit(f"//{netloc}").hostname or ""
    except ValueError:
        return ""


def known_host(netloc: str, *, public_url: str) -> bool:
    """Whether a Host header names this machine's loopback or the public address.

    Anything else is a stranger's domain that was made to resolve to us (DNS rebinding).
    """
    host = host_of(netloc)
    return host in LOOPBACK or (host != "" and host == urlsplit(public_url).hostname)


def from_our_page(headers: Mapping[str, str], *, public_url: str) -> bool:
    """Whether a state-changing request was made by a page of ours.

    ``headers`` has lower-case names. Every current browser sends Origin with a POST,
    so a request that says nothing of where it comes from is refused.
    Source: fetch.spec.whatwg.org (Origin), w3.org/TR/fetch-metadata (Sec-Fetch-Site)
    """
    if headers.get("sec-fetch-site", "same-origin") != "same-origin":
        return False
    origin = headers.get("origin", "")
    if not origin.startswith(("http://", "https://")):
        return False
    # A proxy that ends TLS may rewrite Host to its upstream's name, so the public
    # address counts as well; schemes are not compared for the same reason.
    here = {headers.get("host", ""), urlsplit(public_url).netloc} - {""}
    return urlsplit(origin).netloc in here


def csrf_token(session_token: str) -> str:
    """Return the word a page must repeat in each request of this session.

    It is derived from the session's secret, so it needs no storage and dies with it.
    """
    return new(session_token.encode(), b"draper csrf", sha256).hexdigest()


def csrf_matches(session_token: str, given: str) -> bool:
    """Whether ``given`` is this session's word; compared in constant time."""
    return compare_digest(csrf_token(session_token).encode(), given.encode())
