"""Which addresses may be dialled for a place that a label file names; asked of the address itself, never of a name."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable

IPAddress = ipaddress.IPv4Address | ipaddress.IPv6Address

_NEVER = tuple(
    ipaddress.ip_network(text)
    for text in (
        "0.0.0.0/8",
        "100.100.100.200/32",  # Alibaba's metadata
        "168.63.129.16/32",  # Azure's, which is a public address by the registry
        "169.254.0.0/16",
        "192.0.0.192/32",  # Oracle's
        "::/128",
        "fd00:ec2::/32",  # Amazon's
        "fd20:ce::/32",  # Google's
        "fe80::/10",
    )
)
"""Link-local and metadata addresses, and "this host": no setting leads there."""
_SITE_LOCAL = ipaddress.ip_network("fec0::/10")  # no longer in use, and so no longer private by the registry
_NAT64 = ipaddress.ip_network("64:ff9b::/96")


class ForbiddenAddressError(OSError):
    """A name leads to an address that may not be dialled."""


class AddressPolicy:
    """Which addresses may be dialled.

    Attributes:
        allowed: ``host`` or ``host:port``, in lower case: names that may lead to loopback and private addresses.
    """

    def __init__(self, allow_hosts: Iterable[str]) -> None:
        self.allowed = frozenset(host.lower() for host in allow_hosts)

    def permits(self, host: str, port: int, address: str) -> bool:
        """Whether *address*, to which *host* leads, may be dialled at *port*."""
        found = _embedded_address(ipaddress.ip_address(address.partition("%")[0]))
        if any(found in network for network in _NEVER if network.version == found.version):
            return False
        name = host.lower().strip("[]")
        if {name, f"{name}:{port}", f"[{name}]:{port}", f"[{name}]"} & self.allowed:
            return True
        is_special = found.is_multicast or found.is_reserved or (found.version == 6 and found in _SITE_LOCAL)
        return found.is_global and not is_special


def _embedded_address(address: IPAddress) -> IPAddress:
    """The IPv4 address that *address* stands for, where it is an IPv6 address that only wraps one."""
    if isinstance(address, ipaddress.IPv4Address):
        return address
    if address in _NAT64:
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    teredo = address.teredo[1] if address.teredo is not None else None
    return address.ipv4_mapped or address.sixtofour or teredo or address
