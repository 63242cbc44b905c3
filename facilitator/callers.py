"""Where a request comes from, as far as counting goes."""

from __future__ import annotations

import ipaddress

# Whoever has one address of IPv6 usually has all that begin with these bits.
IPV6_BITS = 64


def shared_part(address: str) -> str:
    """The part of an address that its owner cannot change at will; what is no address as it is."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return address
    if isinstance(found, ipaddress.IPv4Address):
        return str(found)
    if found.ipv4_mapped:
        return str(found.ipv4_mapped)
    return str(ipaddress.ip_network((found.packed, IPV6_BITS), strict=False))
