"""Which addresses are on the open internet? Whoever gives a link must not make this network knock at doors that only its host can reach.

By the registries of special addresses (RFC 6890 and what IANA has added since). An address that carries another one inside it, such as one of
IPv4 mapped into IPv6, NAT64, 6to4 or Teredo, is refused whole.
"""

from __future__ import annotations

import ipaddress

OPEN = ipaddress.ip_network("2000::/3")  # all that is given out of IPv6 so far
CLOSED = tuple(
    ipaddress.ip_network(network)
    for network in (
        "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24", "192.0.2.0/24",
        "192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4",
        "168.63.129.16/32",  # a cloud's own service for its machines, among public numbers
        "2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20",
    )
)  # fmt: skip


def is_open(address: str) -> bool:
    """Whether a numeric address is one that everybody reaches. What is no address is not."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return False
    if parsed.version == 6 and (parsed not in OPEN or parsed.scope_id is not None):
        return False
    return not any(parsed in network for network in CLOSED)
