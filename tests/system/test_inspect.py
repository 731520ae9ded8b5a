# SPDX-License-Identifier: BSD-2-Clause
"""What dig shows: who serves and why, for operators, and for all where a zone says so."""
import dns.rcode
import pytest

from relevo import failover, wait_for


def rcode(daemon, name, rdclass="CH", **more):
    return daemon.query(name, "TXT", rdclass, **more).rcode()


@pytest.fixture(scope="module")
def daemon(module_relevo, module_backend):
    north, south = module_backend(), module_backend()
    daemon = module_relevo(services=[failover("www", north, south)], server={"operators": ["127.0.0.1/32"]})
    daemon.configure(services=[failover("www", north, south)],
                     server={"listen": [f"0.0.0.0@{daemon.port}"], "operators": ["127.0.0.1/32"]})
    daemon.start().settled()
    daemon.north, daemon.south = north, south
    daemon.wait_verdict(south, "up")
    daemon.wait_addresses([north.address])
    return daemon


def test_service(daemon):
    """CH TXT of a service is one line a member: provider, tier, address, verdict, serving or not."""
    lines = wait_for(lambda: [line for line in [daemon.txt("www.gslb.example.com")] if " up " in line[1]], 3)[0]
    assert len(lines) == 2
    north, south = sorted(lines)
    for line, provider, tier, backend in ((north, "north", "1", daemon.north), (south, "south", "2", daemon.south)):
        for word in (provider, tier, backend.address, "up"):
            assert word in line
    assert north.endswith("; serves") and south.endswith("; does not serve")


def test_providers(daemon):
    """CH TXT providers.relevo is one line a provider."""
    lines = daemon.txt("providers.relevo")
    assert len(lines) == 2
    assert any("north" in line for line in lines) and any("south" in line for line in lines)


def test_plan(daemon):
    """CH TXT plan.relevo says number, age and generation."""
    line, = daemon.txt("plan.relevo")
    assert str(daemon.plan()["number"]) in line and "generation" in line


def test_health_name(daemon):
    """_health.<service> says the same in class IN, to operators."""
    reply = daemon.query("_health.www.gslb.example.com", "TXT", tcp=True)
    assert reply.rcode() == dns.rcode.NOERROR
    lines = [b"".join(rr.strings).decode() for rr in reply.answer[0]]
    assert any("north" in line and daemon.north.address in line for line in lines)


def test_follows(relevo, backend):
    """A verdict is in dig as soon as it is made, with its reason."""
    north, south = backend(), backend()
    daemon = relevo(services=[failover("www", north, south)]).start().settled()
    daemon.wait_addresses([north.address])
    north.kill()
    daemon.wait_addresses([south.address])
    line, = [line for line in daemon.txt("www.gslb.example.com") if "north" in line]
    assert "down" in line and "refused" in line


def ask_from(daemon, source, name, rdclass):
    """Ask from another loopback address, which is no operator's."""
    import dns.message
    import dns.query
    q = dns.message.make_query(name, "TXT", rdclass)
    return dns.query.udp(q, "127.0.0.1", port=daemon.port, timeout=5, source=source)


@pytest.mark.parametrize("name", ["www.gslb.example.com", "providers.relevo", "plan.relevo"])
def test_operators_only(daemon, name):
    """To others the CH names are refused."""
    assert ask_from(daemon, "127.0.0.1", name, "CH").rcode() == dns.rcode.NOERROR
    assert ask_from(daemon, "127.0.0.9", name, "CH").rcode() == dns.rcode.REFUSED
    assert ask_from(daemon, "127.0.0.9", "id.server", "CH").rcode() == dns.rcode.NOERROR


def test_health_name_operators_only(daemon):
    """The _health name does not exist for others."""
    reply = ask_from(daemon, "127.0.0.9", "_health.www.gslb.example.com", "IN")
    assert reply.rcode() in (dns.rcode.NXDOMAIN, dns.rcode.REFUSED) and not reply.answer


def test_health_name_public(relevo, backend):
    """health = "public" shows it to all, health = "off" to nobody."""
    for setting, shown in (("public", True), ("off", False)):
        daemon = relevo(services=[failover("www", backend(), backend())], zone_settings={"health": setting},
                        server={"operators": ["127.0.0.1/32"]}).start()
        for source in ("127.0.0.9", "127.0.0.1"):
            reply = ask_from(daemon, source, "_health.www.gslb.example.com", "IN")
            assert bool(reply.answer) == shown, (setting, source)


def test_unknown_service(daemon):
    """CH TXT of a name that is no service is refused."""
    assert rcode(daemon, "nothing.gslb.example.com") in (dns.rcode.REFUSED, dns.rcode.NXDOMAIN)
