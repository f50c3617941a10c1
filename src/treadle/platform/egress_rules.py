"""Which addresses apps may reach: the public internet, and what an operator allowed.

Sources: design "Security", spec workflow-nodes §20, the special-purpose registries of IANA.
"""

import ipaddress
from collections.abc import Iterable
from typing import TypeAlias

from treadle.engine.errors import HttpRequestNodeError

Address: TypeAlias = ipaddress.IPv4Address | ipaddress.IPv6Address
Network: TypeAlias = ipaddress.IPv4Network | ipaddress.IPv6Network

_PORTS = frozenset({80, 443, 21, 70, 210, 280, 488, 591, 777})
_FIRST_FREE_PORT = 1025

_REFUSED_V4 = tuple(
    ipaddress.IPv4Network(text)
    for text in (
        "0.0.0.0/8",  # this host
        "10.0.0.0/8",
        "100.64.0.0/10",  # carrier NAT
        "127.0.0.0/8",
        "169.254.0.0/16",  # link-local, metadata services among them
        "172.16.0.0/12",
        "192.0.0.0/24",
        "192.0.2.0/24",
        "192.88.99.0/24",
        "192.168.0.0/16",
        "198.18.0.0/15",
        "198.51.100.0/24",
        "203.0.113.0/24",
        "224.0.0.0/4",  # multicast
        "240.0.0.0/4",  # reserved, broadcast
    )
)
_GLOBAL_V6 = ipaddress.IPv6Network("2000::/3")
_REFUSED_V6 = tuple(
    ipaddress.IPv6Network(text)
    for text in (
        "2001::/23",  # protocol assignments, Teredo among them
        "2001:db8::/32",
        "3fff::/20",
    )
)
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")


class EgressRefused(HttpRequestNodeError):
    """An address that apps may not reach."""

    @property
    def error_type(self) -> str:
        return HttpRequestNodeError.__name__


class EgressRules:
    """Decides about single connections."""

    def __init__(self, allowed: Iterable[str] = ()) -> None:
        """`allowed`: addresses, networks and host names (`wiki.corp`, `*.corp`), each with an optional `:port`; without
        one, every port."""
        self._networks: list[tuple[Network, int | None]] = []
        self._hosts: list[tuple[str, int | None]] = []
        for entry in allowed:
            name, port = _split_port(entry)
            try:
                self._networks.append((ipaddress.ip_network(name, strict=False), port))
            except ValueError:
                self._hosts.append((name.lower().rstrip("."), port))

    def trusts(self, host: str, port: int) -> bool:
        """True when an operator allowed this host by its name, wherever it leads."""
        name = host.lower().rstrip(".")
        return any(
            allowed in (None, port) and (name == pattern or (pattern.startswith("*.") and name.endswith(pattern[1:])))
            for pattern, allowed in self._hosts
        )

    def check(self, host: str, address: str, port: int) -> None:
        """Raises EgressRefused unless `host`, which leads to `address`, may be connected to."""
        try:
            target = ipaddress.ip_address(address.partition("%")[0])
        except ValueError:
            raise EgressRefused(f"{address} is refused: it is no plain address.") from None
        if self._allows(target, port) or self._allows(_embedded(target), port):
            return
        shown = host if host == address else f"{host} ({address})"
        if not _is_public(target):
            raise EgressRefused(
                f"{shown} is refused: it is no public address. An operator can allow it with TREADLE_EGRESS_ALLOW."
            )
        if port not in _PORTS and port < _FIRST_FREE_PORT:
            raise EgressRefused(
                f"Port {port} of {shown} is refused: no web server is expected there. "
                "An operator can allow it with TREADLE_EGRESS_ALLOW."
            )

    def _allows(self, address: Address, port: int) -> bool:
        return any(
            address.version == network.version and address in network and allowed in (None, port)
            for network, allowed in self._networks
        )


def is_address(host: str) -> bool:
    """True for IPv4 and IPv6 addresses as URLs write them."""
    try:
        ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return False
    return True


def _is_public(address: Address) -> bool:
    target = _embedded(address)
    if isinstance(target, ipaddress.IPv4Address):
        return not any(target in network for network in _REFUSED_V4)
    return target in _GLOBAL_V6 and not any(target in network for network in _REFUSED_V6)


def _embedded(address: Address) -> Address:
    """The IPv4 address that an IPv6 one is a way to write, or a tunnel to."""
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped is not None:
            return address.ipv4_mapped
        if address.sixtofour is not None:
            return address.sixtofour
        if address in _NAT64:
            return ipaddress.IPv4Address(int(address) & 0xFFFF_FFFF)
    return address


def _split_port(entry: str) -> tuple[str, int | None]:
    """`host:port`, `[v6]:port` or a bare name, address or network."""
    if entry.startswith("["):
        name, _, port = entry[1:].partition("]")
        return name, int(port[1:]) if port[:1] == ":" and port[1:].isdigit() else None
    name, sign, port = entry.rpartition(":")
    if sign and port.isdigit() and ":" not in name:
        return name, int(port)
    return entry, None
