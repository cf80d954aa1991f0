"""How many requests a second somebody may send: token buckets, for an account each and for a peer each."""

from collections import OrderedDict
from ipaddress import ip_address, ip_network
from math import ceil
from typing import Final

_BURST_SECONDS: Final = 2.0
_PEERS: Final = 10_000
_V6_NETWORK_BITS: Final = 64


class Bucket:
    """Holds the requests of two seconds; filled all the time."""

    __slots__ = ("_level", "_most", "_per_second", "_seen_seconds")

    def __init__(self, per_second: float) -> None:
        self._per_second = per_second
        self._most = max(1.0, per_second * _BURST_SECONDS)
        self._level = self._most
        self._seen_seconds: float | None = None

    def take(self, now_seconds: float) -> int:
        """0: take it; else after how many whole seconds there will be room."""
        if self._seen_seconds is not None:
            gained = (now_seconds - self._seen_seconds) * self._per_second
            self._level = min(self._most, self._level + gained)
        self._seen_seconds = now_seconds
        if self._level >= 1:
            self._level -= 1
            return 0
        return max(1, ceil((1 - self._level) / self._per_second))


class Peers:
    """A bucket for each peer; the peers not heard of for longest are forgotten when there are too many."""

    def __init__(self, per_second: float) -> None:
        self._per_second = per_second
        self._buckets: OrderedDict[str, Bucket] = OrderedDict()

    def take(self, host: str, now_seconds: float) -> int:
        """As `Bucket.take`. IPv6 counts by network: whoever has one address there has them all."""
        bucket = self._buckets.get(host)
        if bucket is None:
            host = _network(host)
            bucket = self._buckets.get(host)
        if bucket is None:
            bucket = self._buckets[host] = Bucket(self._per_second)
            if len(self._buckets) > _PEERS:
                self._buckets.popitem(last=False)
        else:
            self._buckets.move_to_end(host)
        return bucket.take(now_seconds)


def _network(host: str) -> str:
    if ":" not in host:
        return host
    try:
        return str(ip_network((int(ip_address(host.partition("%")[0])), _V6_NETWORK_BITS), strict=False))
    except ValueError:
        return host
