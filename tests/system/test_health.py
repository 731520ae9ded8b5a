# SPDX-License-Identifier: BSD-2-Clause
"""Checks, verdicts and what becomes of them in the answers."""
import os
import signal
import time

import dns.flags
import dns.message
import dns.query
import dns.rcode
import dns.rdatatype
import pytest

from relevo import SLOW, Backend, failover, free_port, member, wait_for

FAST = {"interval": "500ms", "timeout": "300ms", "recheck": "100ms"}
if SLOW > 1:
    FAST["timeout"] = "1s"


# --- what a probe finds ------------------------------------------------------------------

HTTP_CASES = {
    # name: (mode of the backend, settings of the check, verdict, outcome)
    "ok": ("ok", {}, "up", "good"),
    "error status": ("500", {}, "down", "status"),
    "status wanted": ("500", {"status": [200, 500]}, "up", "good"),
    "slow": ("slow", {}, "down", "timeout"),
    "silent": ("silent", {}, "down", "timeout"),
    "closes at once": ("close", {}, "down", "reset"),
    "garbage": ("garbage", {}, "down", "protocol"),
    "body as expected": ("ok", {"body": "all is w[e]ll"}, "up", "good"),
    "wrong body": ("wrong body", {"body": "all is well"}, "down", "body"),
    "wrong body, none expected": ("wrong body", {}, "up", "good"),
    "endless body": ("endless", {"body": "all is well"}, "down", ("body", "timeout")),
    "endless body of x": ("endless", {"body": "^xxx"}, "up", "good"),
    "redirect judged by status": ("redirect", {}, "down", "status"),
    "redirect wanted": ("redirect", {"status": 302}, "up", "good"),
    "redirect without end": ("redirect", {"redirects": 3}, "down", ("protocol", "status")),
}

HTTPS_CASES = {
    # name: (certificate, settings of the check, verdict, outcome)
    "good": ("good", {"ca": True}, "up", "good"),
    "authority not known": ("good", {}, "down", "certificate"),
    "expired": ("expired", {"ca": True}, "down", "certificate"),
    "wrong name": ("wrong name", {"ca": True}, "down", "certificate"),
    "wrong name, wanted by sni": ("wrong name", {"ca": True, "sni": "elsewhere.example.test"}, "up", "good"),
    "self-signed": ("self-signed", {"ca": True}, "down", "certificate"),
    "expired, verify off": ("expired", {"verify": False}, "up", "good"),
    "self-signed, verify off": ("self-signed", {"verify": False}, "up", "good"),
    "plain HTTP there": (None, {"verify": False}, "down", "tls"),
}


@pytest.fixture(scope="module")
def clinic(module_relevo, module_backend, certificates):
    """One daemon with a check and a backend for each case; {case: backend}."""
    checks, services, patients = {}, [], {}

    def admit(case, backend, check):
        n = f"c{len(checks)}"
        checks[n] = {**FAST, **check}
        services.append({"name": n, "check": n, "members": [member(backend)]})
        patients[case] = backend

    for case, (mode, settings, _, _) in HTTP_CASES.items():
        admit(case, module_backend(mode=mode), {"type": "http", "timeout": FAST["timeout"], **settings})
    for case, (certificate, settings, _, _) in HTTPS_CASES.items():
        settings = dict(settings)
        if settings.pop("ca", False):
            settings["ca_file"] = certificates["ca"]
        admit(f"https {case}", module_backend(certificate=certificate and certificates[certificate]),
              {"type": "https", "host": "www.example.test", "timeout": "1s", **settings})
    admit("tcp open", module_backend(mode="silent"), {"type": "tcp"})
    admit("tcp refused", Backend(start=False), {"type": "tcp"})
    admit("http refused", Backend(start=False), {"type": "http"})
    paused = module_backend()
    paused.pause()
    admit("http stopped", paused, {"type": "http"})
    admit("headers", module_backend(), {"type": "http", "path": "/health?x=1", "host": "www.example.test",
                                        "headers": ["X-Probe: yes", "Accept: text/plain"]})
    daemon = module_relevo(services=services, checks=checks).start().settled(12)
    return daemon, patients


def expect(clinic, case, verdict, outcome):
    daemon, patients = clinic
    outcomes = (outcome,) if isinstance(outcome, str) else outcome

    def fact():
        target = daemon.target(patients[case])
        return target.get("verdict") == verdict and target["outcome"] in outcomes
    try:
        wait_for(fact, 6)
    except AssertionError:
        raise AssertionError(f"wanted {verdict} {outcome}, have {daemon.target(patients[case])}") from None


@pytest.mark.parametrize("case", HTTP_CASES)
def test_http(clinic, case):
    """An http check judges status and body, is not held by any server, and says what it found."""
    expect(clinic, case, *HTTP_CASES[case][2:])


@pytest.mark.parametrize("case", HTTPS_CASES)
def test_https(clinic, case):
    """An https check verifies chain, dates and name unless told not to."""
    expect(clinic, f"https {case}", *HTTPS_CASES[case][2:])


@pytest.mark.parametrize("case, verdict, outcome", [("tcp open", "up", "good"), ("tcp refused", "down", "refused"),
                                                    ("http refused", "down", "refused"),
                                                    ("http stopped", "down", "timeout")])
def test_connection(clinic, case, verdict, outcome):
    """A connection that opens is enough for tcp; one that is refused or never answered is told apart."""
    expect(clinic, case, verdict, outcome)


def test_request(clinic):
    """The request has the path, host and headers of the check, and names the software."""
    _, patients = clinic
    backend = patients["headers"]
    wait_for(lambda: backend.requests > 0)
    head = backend.last_request().decode()
    assert head.startswith("GET /health?x=1 HTTP/1.1\r\n")
    for line in ("Host: www.example.test\r\n", "X-Probe: yes\r\n", "Accept: text/plain\r\n", "User-Agent: relevod/"):
        assert line in head


def test_modes_change(relevo, backend):
    """Becoming ill and well again is seen, with the reason each time."""
    north, south = backend(), backend()
    daemon = relevo(services=[failover("www", north, south)], check=FAST).start().settled()
    daemon.wait_addresses([north.address])
    for mode, outcome in (("500", "status"), ("close", "reset"), ("garbage", "protocol")):
        north.mode = mode
        daemon.wait_addresses([south.address])
        wait_for(lambda: daemon.target(north)["outcome"] == outcome, 3, f"outcome {outcome}")
        north.mode = "ok"
        daemon.wait_addresses([north.address])


# --- probing -------------------------------------------------------------------------------

def test_shared_target_is_probed_once(relevo, backend):
    """However many services share an address and a check, it is one target, probed once an interval."""
    shared = backend()
    services = [{"name": f"s{i}", "check": "web", "members": [member(shared)]} for i in range(20)]
    daemon = relevo(services=services, check={"interval": "500ms"}).start().settled()
    daemon.wait_verdict(shared, "up")
    assert len(daemon.status()["targets"]) == 1
    before, since = shared.requests, time.monotonic()
    wait_for(lambda: shared.requests >= before + 6, 6, "six more probes")
    # Never later than the interval, earlier by jitter (10 %) only.
    assert time.monotonic() - since > 6 * 0.45 - 0.5


def test_a_server_that_closes_at_once_is_not_hammered(relevo, backend):
    """The pace of probes comes from the clock, not from the server's answers."""
    north = backend(mode="close")
    daemon = relevo(services=[{"name": "www", "check": "web", "members": [member(north)]}],
                    check={"interval": "500ms", "recheck": "100ms"}).start().settled()
    daemon.wait_verdict(north, "down")
    before, since = north.connections, time.monotonic()
    wait_for(lambda: time.monotonic() - since > 2, 3)
    assert north.connections - before <= 6 * (time.monotonic() - since) / 2


def test_descriptor_exhaustion_moves_no_verdict(relevo, backend):
    """A trouble of our own, such as having no descriptor left, is no news about a target."""
    north, south, crowd = backend(), backend(), backend()
    checks = {f"crowd{i}": {"type": "http", "path": f"/{i}", "interval": "500ms", "recheck": "100ms", "timeout": "1s"}
              for i in range(60)}
    services = [failover("www", north, south),
                *({"name": name, "check": name, "members": [member(crowd)]} for name in checks)]
    daemon = relevo(services=services, checks={"web": {"type": "http", **FAST, "timeout": "1s"}, **checks},
                    server={"workers": 1})
    daemon.command = ["prlimit", "--nofile=48:48"]
    daemon.start().settled()
    daemon.wait_addresses([north.address])
    wait_for(lambda: daemon.verdict(north) == daemon.verdict(south) == "up", 5)
    health = daemon.child("health")
    since, seen, full = time.monotonic(), set(), set()
    crowd.mode = "silent"			# each probe holds a descriptor for its whole timeout

    def look():
        seen.add(tuple(daemon.addresses("www")))
        full.add(len(os.listdir(f"/proc/{health}/fd")))
        return time.monotonic() - since > 4
    wait_for(look, 5)
    assert max(full) == 48, f"no exhaustion: {max(full)} descriptors at most"
    assert seen == {(north.address,)}
    assert f"target {north.address}@{north.port} web: down" not in daemon.log()
    crowd.mode = "ok"
    wait_for(lambda: daemon.verdict(north) == daemon.verdict(crowd) == "up", 8, "recovery")
    before = north.requests
    wait_for(lambda: north.requests > before + 2, 5, "probes going on")


# --- decisions -------------------------------------------------------------------------------

def test_tiers(relevo, backend):
    """The lowest tier that can serve does; the others follow in order, and it comes back by itself."""
    one, two, three = backend(), backend(), backend()
    daemon = relevo(providers=["a", "b", "c"], check=FAST, services=[
        {"name": "www", "check": "web", "members": [member(one, "a"), member(two, "b", tier=2),
                                                    member(three, "c", tier=7)]}]).start().settled()
    daemon.wait_addresses([one.address])
    one.kill()
    daemon.wait_addresses([two.address])
    two.kill()
    daemon.wait_addresses([three.address])
    one.start()
    daemon.wait_addresses([one.address])


def test_min_up(relevo, backend):
    """A tier with fewer than min_up members able to serve steps back for the next that has them."""
    first, second = [backend() for _ in range(3)], [backend() for _ in range(2)]
    daemon = relevo(providers=["a", "b", "c", "d", "e"], check=FAST, services=[
        {"name": "www", "check": "web", "min_up": 2,
         "members": [member(b, p) for b, p in zip(first, "abc")] +
                    [member(b, p, tier=2) for b, p in zip(second, "de")]}]).start().settled()

    def serving():
        return sorted(daemon.addresses("www"))
    wait_for(lambda: serving() == sorted(b.address for b in first), 5)
    first[0].kill()
    wait_for(lambda: serving() == sorted(b.address for b in first[1:]), 5)
    first[1].kill()
    wait_for(lambda: serving() == sorted(b.address for b in second), 5)


def test_active_active(relevo, backend):
    """Members of one tier serve together, and one that fails leaves alone."""
    north, south = backend(), backend()
    daemon = relevo(check=FAST, services=[{"name": "www", "check": "web",
                                           "members": [member(north, "north"), member(south, "south")]}])
    daemon.start().settled()
    both = sorted([north.address, south.address])
    wait_for(lambda: sorted(daemon.addresses("www")) == both, 5)
    north.kill()
    daemon.wait_addresses([south.address])


def test_rotation_and_max_answers(relevo, backend):
    """Each address comes first about as often, and no more than max_answers are said."""
    north = [backend() for _ in range(6)]
    daemon = relevo(check=FAST, services=[
        {"name": "www", "check": "web", "max_answers": 4,
         "members": [{"provider": "north", "address": [b.address], "port": b.port} for b in north]}])
    daemon.start().settled()
    wait_for(lambda: all(daemon.verdict(b) == "up" for b in north), 5)
    replies = [daemon.addresses("www") for _ in range(300)]
    assert all(len(set(r)) == len(r) == 4 for r in replies)
    first = {b.address: sum(r[0] == b.address for r in replies) for b in north}
    said = {b.address: sum(b.address in r for r in replies) for b in north}
    assert min(first.values()) >= 15, first
    assert min(said.values()) >= 100, said


def test_weighted(relevo, backend):
    """answer = "weighted" says one address, each as often as its weight asks."""
    three, one = backend(), backend()
    daemon = relevo(check=FAST, services=[{"name": "www", "check": "web", "answer": "weighted", "members": [
        member(three, "north", weight=3), member(one, "south", weight=1)]}]).start().settled()
    wait_for(lambda: daemon.verdict(three) == daemon.verdict(one) == "up", 5)
    replies = [daemon.addresses("www") for _ in range(800)]
    assert all(len(r) == 1 for r in replies)
    share = sum(r == [three.address] for r in replies) / len(replies)
    assert 0.67 < share < 0.83		# 0.75 and five standard deviations
    three.kill()
    daemon.wait_addresses([one.address])


def test_sticky(relevo, backend):
    """answer = "sticky" says one address, the same to the same client network, and spreads the networks."""
    north, south = backend(), backend()
    daemon = relevo(check=FAST, services=[{"name": "www", "check": "web", "answer": "sticky", "members": [
        member(north, "north"), member(south, "south")]}]).start().settled()
    wait_for(lambda: daemon.verdict(north) == daemon.verdict(south) == "up", 5)

    def ask(source):
        q = dns.message.make_query("www.gslb.example.com", "A")
        reply = dns.query.udp(q, daemon.address, port=daemon.port, timeout=5, source=source)
        return tuple(rr.address for rr in reply.answer[0])
    said = {net: {ask(f"127.{net}.0.{host}") for host in (1, 1, 77)} for net in range(30, 70)}
    assert all(len(addresses) == 1 and len(next(iter(addresses))) == 1 for addresses in said.values())
    assert {next(iter(addresses)) for addresses in said.values()} == {(north.address,), (south.address,)}


@pytest.mark.parametrize("setting, expected", [(None, "first"), ("serve-all", "first"), ("last", "last"),
                                               ("nodata", "none"), (["south"], "south")])
def test_all_down(relevo, backend, setting, expected):
    """When nobody can serve, all_down says what is served: everyone, the last, nothing, or a list."""
    one, two, three = backend(), backend(), backend()
    more = {} if setting is None else {"all_down": setting}
    daemon = relevo(check=FAST, providers=["north", "east", "south"], services=[
        {"name": "www", "check": "web", "members": [member(one, "north"), member(two, "east"),
                                                    member(three, "south", tier=2)], **more}])
    daemon.start().settled()
    first = sorted([one.address, two.address])
    wait_for(lambda: sorted(daemon.addresses("www")) == first, 5)
    wait_for(lambda: daemon.verdict(three) == "up", 5)
    three.kill()
    two.kill()
    daemon.wait_addresses([one.address])
    one.kill()
    wanted = {"first": first, "last": [one.address], "none": [], "south": [three.address]}[expected]
    wait_for(lambda: daemon.verdict(one) == "down", 5)
    wait_for(lambda: sorted(daemon.addresses("www")) == wanted, 2, f"{wanted}")
    reply = daemon.query("www")
    assert reply.rcode() == dns.rcode.NOERROR and reply.flags & dns.flags.AA
    if not wanted:
        assert reply.authority[0].rdtype == dns.rdatatype.SOA and reply.authority[0].ttl == 5
    assert daemon.service("www")["tier"] == 0
    two.start()
    daemon.wait_addresses([two.address])


def test_ttl_suspect(relevo, backend):
    """The first failure lowers the TTL of the services concerned, and of no other; a success restores it."""
    north, south, other = backend(), backend(), backend()
    daemon = relevo(check={**FAST, "interval": "1s", "recheck": "500ms", "fall": 20}, services=[
        failover("www", north, south, ttl="60s", ttl_suspect="3s"),
        {"name": "other", "check": "web", "ttl": "60s", "ttl_suspect": "3s", "members": [member(other)]}])
    daemon.start().settled()
    wait_for(lambda: daemon.ttl("www") == 60, 5)
    north.mode = "500"
    wait_for(lambda: daemon.ttl("www") == 3, 3, "the short TTL")
    assert daemon.verdict(north) == "suspect"
    assert daemon.addresses("www") == [north.address]
    assert daemon.ttl("other") == 60
    north.mode = "ok"
    wait_for(lambda: daemon.ttl("www") == 60, 3, "the TTL restored")


def test_both_families_switch_together(relevo, backend):
    """A and AAAA come from the same pick."""
    from relevo import has_ipv6
    if not has_ipv6():
        pytest.skip("this machine has no ::1")
    port = free_port("::")
    north, south = backend(port=port), backend()
    north6 = backend(address="::1", port=port)
    daemon = relevo(check=FAST, services=[{"name": "www", "check": "web", "members": [
        {"provider": "north", "address": [north.address, "::1"], "port": port},
        member(south, "south", tier=2)]}]).start().settled()
    daemon.wait_addresses([north.address])
    wait_for(lambda: daemon.addresses("www", "AAAA") == ["::1"], 5)
    north.kill()
    north6.kill()
    daemon.wait_addresses([south.address])
    assert daemon.addresses("www", "AAAA") == []


# --- beginnings ------------------------------------------------------------------------------

def test_cold_start_with_a_dead_first_provider(relevo, backend, unused):
    """
    From the start every service is answered; the first plan is there within 5 s, and does
    not send users to a provider that was dead all along.
    """
    south = backend()
    daemon = relevo(services=[failover("www", unused(), south)], check={"port": 1, "interval": "5s", "timeout": "1500ms",
                                                                       "recheck": "500ms"})
    started = time.monotonic()
    daemon.start()
    assert daemon.addresses("www"), "an answer before the first plan"
    daemon.wait_addresses([south.address], within=5)
    assert time.monotonic() - started < 5.5 * SLOW


def test_new_health_does_not_decide_on_one_probe(relevo, backend):
    """After health was killed, the first probe of its successor alone takes nobody out."""
    north, south = backend(), backend()
    daemon = relevo(services=[failover("www", north, south)],
                    check={"interval": "1s", "recheck": "400ms", "fall": 5}).start().settled()
    daemon.wait_addresses([north.address])
    daemon.wait_verdict(north, "up")
    old = daemon.child("health")
    north.mode = "500"
    requests = north.requests
    os.kill(old, signal.SIGKILL)
    wait_for(lambda: daemon.children()["health"] not in ([], [old]), 5)
    wait_for(lambda: north.requests > requests, 5, "the first probe")
    assert daemon.addresses("www") == [north.address]
    assert "north: down" not in daemon.log()
    north.mode = "ok"
    since = time.monotonic()
    wait_for(lambda: daemon.addresses("www") == [north.address] and time.monotonic() - since > 1.5, 4)


def test_hung_health_is_noticed(relevo, backend):
    """A health process that stands still is replaced, said in the log, and answers go on meanwhile."""
    north, south = backend(), backend()
    daemon = relevo(services=[failover("www", north, south)], check=FAST).start().settled()
    daemon.wait_addresses([north.address])
    hung = daemon.kill_child("health", signal.SIGSTOP)

    def replaced():
        assert daemon.addresses("www") == [north.address]
        return hung not in daemon.children()["health"] and daemon.children()["health"]
    wait_for(replaced, 30, "the hung process replaced")
    assert "the health process has been silent" in daemon.log()
    north.kill()
    daemon.wait_addresses([south.address], within=8)
