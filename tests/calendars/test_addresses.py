"""No address of a private network, of this host, of a cloud's own services or of a tunnel to one of them is open."""

from __future__ import annotations

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coordinator.calendars.addresses import is_open
from tests.calendars.server import embedded

CLOSED = [
    "0.0.0.0", "0.1.2.3", "10.0.0.1", "100.64.0.1", "100.100.100.200", "127.0.0.1", "127.8.9.10", "169.254.169.254", "172.16.0.1",
    "172.31.255.255", "192.0.0.192", "192.0.2.1", "192.88.99.1", "192.168.1.1", "198.18.0.1", "198.51.100.7", "203.0.113.9", "224.0.0.1",
    "239.255.255.255", "240.0.0.1", "255.255.255.255", "168.63.129.16",
    "::", "::1", "fe80::1", "fe80::1%eth0", "2a00:1450::1%eth0", "fc00::1", "fd00:ec2::254", "ff02::1", "2001::1", "2001:db8::1",
    "2002:7f00:1::", "3fff::1", "100::1", "5f00::1", "64:ff9b::808:808",
    "localhost", "", "127.1", "0x7f000001", "2130706433", "8.8.8.8:443", "8.8.8.8 ",
]  # fmt: skip


@pytest.mark.parametrize("address", CLOSED)
def test_address_that_not_everybody_reaches_is_closed(address: str) -> None:
    assert not is_open(address)


@pytest.mark.parametrize(
    "address", ["1.1.1.1", "8.8.8.8", "100.63.255.255", "172.32.0.1", "192.0.1.1", "2a00:1450:4001::200e", "2606:4700::1111"]
)
def test_address_of_the_open_internet_is_open(address: str) -> None:
    assert is_open(address)


@given(st.ip_addresses(v=4).map(str))
def test_address_hidden_in_another_is_never_open(address: str) -> None:
    assert [hidden for hidden in embedded(address) if is_open(hidden)] == []


@given(st.ip_addresses())
def test_address_that_the_standard_library_calls_private_is_never_open(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> None:
    assert not (is_open(str(address)) and (not address.is_global or address.is_multicast or address.is_reserved))
