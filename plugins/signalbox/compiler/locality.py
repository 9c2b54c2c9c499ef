"""Which addresses are inside the building. Text only: no name is ever resolved, so what the text cannot prove is not local.

Local: loopback (and 0.0.0.0), RFC 1918 and IPv6 unique local addresses, names without a dot, names under the suffixes
that are never public, and the hosts that the strategy trusts by name. Everything else is not: public names and
addresses, link-local ones (cloud metadata), IPv4 spelled as one number, in hex or octal, names with percent signs,
non-ASCII letters or a final dot (`ai.` is a public top-level domain), users and passwords in web addresses.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

LOCAL_SUFFIXES = (".local", ".lan", ".internal", ".home.arpa", ".localdomain")
METADATA_NAMES = frozenset({"metadata", "metadata.google.internal", "metadata.internal", "instance-data"})
"""Names that look local, but are the cloud's own service."""

_METADATA_ADDRESSES = (ip_address("fd00:ec2::254"), ip_address("fd20:ce::254"))
_LOCAL_NETWORKS = tuple(
    ip_network(text)
    for text in ("127.0.0.0/8", "0.0.0.0/32", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "::1", "::", "fc00::/7")
)
_URL = re.compile(
    r"(?P<scheme>[a-z][a-z0-9+.-]*)://(?:(?P<user>[^@/?#\[\]]*)@)?"
    r"(?P<host>\[[0-9a-fA-F:.]+\]|[A-Za-z0-9._-]+)(?::(?P<port>[0-9]{1,5}))?(?:[/?#][!-?A-~]*)?\Z"
)
_LABEL = re.compile(r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?")
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*")
_WITH_PASSWORD = frozenset({"postgres", "postgresql", "redis", "rediss"})
_SENT_ON = re.compile(r"[:-]cloud(?::|\Z)", re.IGNORECASE)


def is_local_url(url: str, trusted_hosts: Collection[str] = ()) -> bool:
    """Whether the text proves that this address is inside the building."""
    match = _URL.match(url) if "\\" not in url else None
    if match is None or not 0 < int(match["port"] or 1) < 65536:
        return False
    if match["user"] is not None and match["scheme"] not in _WITH_PASSWORD:
        return False
    return is_local_host(match["host"].removeprefix("[").removesuffix("]"), trusted_hosts)


def is_local_host(host: str, trusted_hosts: Collection[str] = ()) -> bool:
    """The same for a bare host: a name, an IPv4 address or an IPv6 address without brackets."""
    name = host.lower()
    address = _address(name)
    if address is not None:
        return _is_local_address(address) or (not address.is_link_local and name in _lowered(trusted_hosts))
    labels = name.split(".")
    if not all(map(_LABEL.fullmatch, labels)) or _NUMBER.fullmatch(labels[-1]) or name in METADATA_NAMES:
        return False
    return len(labels) == 1 or name.endswith(LOCAL_SUFFIXES) or name in _lowered(trusted_hosts)


def is_loopback_url(url: str) -> bool:
    """Whether the address is this very machine."""
    match = _URL.match(url)
    if match is None or match["user"] is not None:
        return False
    name = match["host"].removeprefix("[").removesuffix("]").lower()
    address = _address(name)
    return name == "localhost" if address is None else address.is_loopback or address.is_unspecified


def is_hosted_elsewhere(model_id: str) -> bool:
    """Ollama ids such as `gpt-oss:120b-cloud` or `glm-4.6:cloud`: the local server sends them on to the internet."""
    return _SENT_ON.search(model_id) is not None


def _address(name: str) -> IPv4Address | IPv6Address | None:
    try:
        address = ip_address(name)
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return mapped or address


def _is_local_address(address: IPv4Address | IPv6Address) -> bool:
    return address not in _METADATA_ADDRESSES and any(address in network for network in _LOCAL_NETWORKS)


def _lowered(hosts: Collection[str]) -> frozenset[str]:
    return frozenset(host.lower() for host in hosts)


def base_url(url: str) -> str:
    """An endpoint without its final slash and `/v1`."""
    return url.rstrip("/").removesuffix("/v1").rstrip("/")
