from app.gateway.rates import Bucket, Peers


def test_a_bucket_holds_two_seconds_and_fills_by_the_second() -> None:
    bucket = Bucket(3)
    assert [bucket.take(10.0) for _ in range(7)] == [0] * 6 + [1]
    assert [bucket.take(11.0) for _ in range(4)] == [0] * 3 + [1]
    assert [bucket.take(1000.0) for _ in range(7)] == [0] * 6 + [1]


def test_a_slow_bucket_says_how_long_it_takes() -> None:
    bucket = Bucket(0.1)
    assert [bucket.take(0.0), bucket.take(0.0)] == [0, 10]
    assert bucket.take(10.5) == 0


def test_peers_have_a_bucket_each() -> None:
    peers = Peers(1)
    assert [peers.take(host, 0.0) for host in ("192.0.2.1", "192.0.2.1", "192.0.2.1", "192.0.2.2")] == [0, 0, 1, 0]


def test_a_network_of_ipv6_is_one_peer() -> None:
    peers = Peers(1)
    hosts = ("2001:db8::1", "2001:db8::2", "2001:db8::ffff:3", "2001:db8:0:1::1", "2001:db8::1%eth0", "no:address")
    assert [peers.take(host, 0.0) for host in hosts] == [0, 0, 1, 0, 1, 0]


def test_peers_are_forgotten_when_there_are_too_many() -> None:
    peers = Peers(1)
    for number in range(10_100):
        peers.take(f"host-{number}", 0.0)
    assert len(peers._buckets) == 10_000
    assert "host-0" not in peers._buckets
