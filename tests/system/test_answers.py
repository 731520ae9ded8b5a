# SPDX-License-Identifier: BSD-2-Clause
"""What an authoritative server owes to whoever asks: parsed replies, section by section."""
import socket
import struct

import dns.edns
import dns.exception
import dns.flags
import dns.message
import dns.opcode
import dns.query
import dns.rcode
import dns.rdatatype
import pytest

from relevo import SLOW, failover, has_ipv6, member, wait_for

ORIGIN = "gslb.example.com."

ZONE = """\
$TTL 300
@               SOA   ns1 hostmaster 1 3600 900 604800 5
                NS    ns1
                NS    ns2
                MX    10 mail
                TXT   "at the apex"
ns1             A     127.0.0.1
ns2             A     127.0.0.2
mail            A     127.1.1.9
                AAAA  ::1
static          A     127.1.1.1
                TXT   "one" "two"
a.b.ent         A     127.1.1.2
*.wild          A     127.1.1.3
x.wild          TXT   "not a wildcard"
www.child       A     127.1.1.99        ; below the cut: not ours to answer
child           NS    ns.child
                NS    ns.elsewhere.example.
ns.child        A     127.1.1.4
alias           CNAME static
chain           CNAME alias
service-alias   CNAME www
away            CNAME www.elsewhere.example.
dangling        CNAME nothing
loop            CNAME pool
pool            CNAME loop
wild-alias      CNAME any.wild
*.wildalias     CNAME static
child-alias     CNAME host.child
odd             TYPE65280 \\# 4 01020304
sp\\032ace       A     127.1.1.5
""" + "".join(f"big A 127.2.0.{i}\n" for i in range(1, 101)) + "".join(
    f"medium A 127.2.1.{i}\n" for i in range(1, 61)) + "".join(
    f"crowd MX {i} host{i}.crowd\nhost{i}.crowd A 127.3.0.{i}\n" for i in range(1, 31))


@pytest.fixture(scope="module")
def daemon(module_relevo, module_backend):
    north, south = module_backend(), module_backend()
    services = [failover("www", north, south), failover("*.any", north, south),
                {"name": "mx", "check": "web", "members": [
                    {**member(north), "records": ["TXT \"from north\"", "MX 5 mail"]}]},
                {"name": "far", "check": "web", "members": [
                    {"provider": "north", "cname": "lb.elsewhere.example."}]}]
    return module_relevo(services=services, zone=ZONE).start().settled()


def records(section):
    return {(rrset.name.to_text(), dns.rdatatype.to_text(rrset.rdtype)) for rrset in section}


def expect_soa(reply):
    """A negative answer lives for min(TTL of the SOA, its minimum) (RFC 2308 section 5)."""
    assert records(reply.authority) == {(ORIGIN, "SOA")}
    assert reply.authority[0].ttl == 5
    assert not reply.answer


# --- names ---------------------------------------------------------------------------------

def test_exact_match(daemon):
    """An existing name and type is answered with authority, its TTL and nothing else."""
    reply = daemon.query("static")
    assert reply.rcode() == dns.rcode.NOERROR
    assert reply.flags == dns.flags.QR | dns.flags.AA
    assert [rrset.to_text() for rrset in reply.answer] == [f"static.{ORIGIN} 300 IN A 127.1.1.1"]
    assert not reply.authority


def test_recursion_desired_is_copied(daemon):
    """RD comes back as it was sent; recursion is not available."""
    q = dns.message.make_query("static." + ORIGIN, "A")
    assert daemon.ask(q).flags == dns.flags.QR | dns.flags.AA | dns.flags.RD


def test_mx_brings_addresses(daemon):
    """Addresses of our own names that an MX or NS answer mentions may come along; nothing else may."""
    reply = daemon.query(ORIGIN, "MX")
    assert records(reply.answer) == {(ORIGIN, "MX")}
    assert records(reply.additional) <= {(f"mail.{ORIGIN}", "A"), (f"mail.{ORIGIN}", "AAAA")}


@pytest.mark.parametrize("name, rdtype", [("static", "AAAA"), ("static", "MX"), ("ent", "A"), ("b.ent", "A"),
                                          ("wild", "A"), ("www", "MX"), ("crowd", "A"), ("any.wild", "MX"),
                                          ("x.wild", "A"), ("x.any", "TXT"), ("any", "A")])
def test_nodata(daemon, name, rdtype):
    """A name that exists (also only because something is below it) without the type is NODATA with the SOA."""
    reply = daemon.query(f"{name}.{ORIGIN}", rdtype)
    assert reply.rcode() == dns.rcode.NOERROR
    assert reply.flags & dns.flags.AA
    expect_soa(reply)


@pytest.mark.parametrize("name", ["nothing", "below.static", "c.b.ent", "below.x.wild", "a.below.www", "below.any.mx"])
def test_nxdomain(daemon, name):
    """A name that does not exist, and that no wildcard covers, is NXDOMAIN with the SOA."""
    reply = daemon.query(f"{name}.{ORIGIN}")
    assert reply.rcode() == dns.rcode.NXDOMAIN
    assert reply.flags & dns.flags.AA
    expect_soa(reply)


@pytest.mark.parametrize("name", ["one.wild", "two.labels.wild", "*.wild", "_x.wild"])
def test_wildcard(daemon, name):
    """A wildcard answers at every depth under it, with the owner that was asked for (RFC 4592)."""
    reply = daemon.query(f"{name}.{ORIGIN}")
    assert [rrset.to_text() for rrset in reply.answer] == [f"{name}.{ORIGIN} 300 IN A 127.1.1.3"]


def test_wildcard_service(daemon):
    """A service may be a wildcard."""
    reply = daemon.query(f"some.thing.any.{ORIGIN}")
    assert records(reply.answer) == {(f"some.thing.any.{ORIGIN}", "A")}


@pytest.mark.parametrize("name, rdtype", [("child", "A"), ("child", "NS"), ("www.child", "A"), ("ns.child", "A"),
                                          ("a.b.c.child", "TXT"), ("child", "ANY")])
def test_referral(daemon, name, rdtype):
    """At and below a zone cut the child's name servers are named, with glue and without authority."""
    reply = daemon.query(f"{name}.{ORIGIN}", rdtype)
    assert reply.rcode() == dns.rcode.NOERROR
    assert not reply.flags & dns.flags.AA
    assert not reply.answer
    assert records(reply.authority) == {(f"child.{ORIGIN}", "NS")}
    assert len(reply.authority[0]) == 2
    assert [rrset.to_text() for rrset in reply.additional] == [f"ns.child.{ORIGIN} 300 IN A 127.1.1.4"]


def test_ds_at_a_cut(daemon):
    """DS belongs to the parent's side of a cut (RFC 4035 section 3.1.4.1)."""
    reply = daemon.query(f"child.{ORIGIN}", "DS")
    assert reply.flags & dns.flags.AA
    expect_soa(reply)


@pytest.mark.parametrize("name, chain, last", [
    ("alias", ["alias"], "static"), ("chain", ["chain", "alias"], "static"),
    ("service-alias", ["service-alias"], "www"), ("wild-alias", ["wild-alias"], "any.wild"),
    ("q.wildalias", ["q.wildalias"], "static")])
def test_cname_chain(daemon, name, chain, last):
    """A CNAME is followed inside our zones, and the chain comes in order."""
    reply = daemon.query(f"{name}.{ORIGIN}")
    assert reply.rcode() == dns.rcode.NOERROR
    assert [(rrset.name.to_text(), dns.rdatatype.to_text(rrset.rdtype)) for rrset in reply.answer] == [
        *((f"{link}.{ORIGIN}", "CNAME") for link in chain), (f"{last}.{ORIGIN}", "A")]


def test_cname_itself(daemon):
    """Asked for the CNAME, or for its type among others at the name, it is not followed."""
    reply = daemon.query(f"chain.{ORIGIN}", "CNAME")
    assert records(reply.answer) == {(f"chain.{ORIGIN}", "CNAME")}


def test_cname_out_of_zone(daemon):
    """A target outside our zones ends the chain; a service may be such a CNAME as well."""
    for name in ("away", "far"):
        reply = daemon.query(f"{name}.{ORIGIN}")
        assert reply.rcode() == dns.rcode.NOERROR
        assert records(reply.answer) == {(f"{name}.{ORIGIN}", "CNAME")}


def test_cname_dangling(daemon):
    """The rcode is that of the chain's end (RFC 6604)."""
    reply = daemon.query(f"dangling.{ORIGIN}")
    assert reply.rcode() == dns.rcode.NXDOMAIN
    assert records(reply.answer) == {(f"dangling.{ORIGIN}", "CNAME")}
    assert records(reply.authority) == {(ORIGIN, "SOA")}


def test_cname_nodata(daemon):
    """A chain to a name without the type ends with the SOA."""
    reply = daemon.query(f"alias.{ORIGIN}", "MX")
    assert reply.rcode() == dns.rcode.NOERROR
    assert records(reply.answer) == {(f"alias.{ORIGIN}", "CNAME")}
    assert records(reply.authority) == {(ORIGIN, "SOA")}


def test_cname_into_delegation(daemon):
    """A chain that leaves through a cut ends with the referral."""
    reply = daemon.query(f"child-alias.{ORIGIN}")
    assert records(reply.answer) == {(f"child-alias.{ORIGIN}", "CNAME")}
    assert records(reply.authority) == {(f"child.{ORIGIN}", "NS")}


def test_cname_loop(daemon):
    """A loop ends; each link is said at most once."""
    reply = daemon.query(f"loop.{ORIGIN}")
    assert records(reply.answer) <= {(f"loop.{ORIGIN}", "CNAME"), (f"pool.{ORIGIN}", "CNAME")}
    assert len(reply.answer) in (1, 2)


def test_unknown_type(daemon):
    """Types without a name are served as bytes (RFC 3597)."""
    reply = daemon.query(f"odd.{ORIGIN}", "TYPE65280")
    assert reply.answer[0][0].to_generic().data == b"\1\2\3\4"


def test_escaped_label(daemon):
    """A label may hold any octet."""
    assert daemon.addresses("sp\\032ace." + ORIGIN) == ["127.1.1.5"]


def test_any(daemon):
    """ANY is answered with one HINFO (RFC 8482); for a name that does not exist it is NXDOMAIN."""
    for name in ("static", "www", "any.wild"):
        reply = daemon.query(f"{name}.{ORIGIN}", "ANY")
        assert records(reply.answer) == {(f"{name}.{ORIGIN}", "HINFO")}
        assert reply.answer[0][0].cpu == b"RFC8482"
    assert daemon.query(f"nothing.{ORIGIN}", "ANY").rcode() == dns.rcode.NXDOMAIN


@pytest.mark.parametrize("name", ["example.com.", ".", "com.", "www.elsewhere.example.", "xgslb.example.com."])
def test_refused_outside(daemon, name):
    """What is not in our zones is REFUSED, without authority and without a word more."""
    reply = daemon.query(name)
    assert reply.rcode() == dns.rcode.REFUSED
    assert not reply.flags & dns.flags.AA
    assert not reply.answer and not reply.authority and not reply.additional


def test_other_records_of_a_member(daemon):
    """A member's further records are served with its addresses."""
    assert daemon.query(f"mx.{ORIGIN}", "MX").answer[0][0].preference == 5
    assert daemon.query(f"mx.{ORIGIN}", "TXT").answer[0][0].strings == (b"from north",)


def test_transfer_is_refused(daemon):
    """Transfers are not served."""
    for tcp in (False, True):
        reply = daemon.query(ORIGIN, "AXFR", tcp=tcp)
        assert reply.rcode() in (dns.rcode.REFUSED, dns.rcode.NOTIMP, dns.rcode.FORMERR)
        assert not reply.answer


# --- the message -----------------------------------------------------------------------------

def test_case_is_kept(daemon):
    """The name comes back as it was spelled, in the question and as owner."""
    name = "sTaTiC.GsLb.ExAmPlE.CoM."
    reply = daemon.query(name)
    assert reply.question[0].name.to_text() == name
    assert reply.answer[0].name.to_text() == name
    assert daemon.query("ANY.wIlD." + ORIGIN).answer[0].name.to_text() == "ANY.wIlD." + ORIGIN


def exchange(daemon, wire, timeout=None):
    """Bytes in, bytes out over UDP; None is silence."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.connect((daemon.address, daemon.port))
        s.settimeout(timeout or 2 * SLOW)
        s.send(wire)
        try:
            return s.recv(65535)
        except socket.timeout:
            return None


def rcode_of(reply):
    return reply[3] & 15


QUESTION = b"\6static\4gslb\7example\3com\0\0\1\0\1"


@pytest.mark.parametrize("opcode", [1, 2, 3, 4, 5, 6, 15])
def test_notimp(daemon, opcode):
    """Every opcode but QUERY is NOTIMP, with id and opcode as they came."""
    reply = exchange(daemon, struct.pack("!HHHHHH", 4711, opcode << 11, 1, 0, 0, 0) + QUESTION)
    assert struct.unpack("!H", reply[:2])[0] == 4711
    assert reply[2] >> 3 & 15 == opcode and reply[2] & 0x80
    assert rcode_of(reply) == dns.rcode.NOTIMP


@pytest.mark.parametrize("counts, rest", [
    ((0, 0, 0, 0), b""), ((2, 0, 0, 0), QUESTION * 2), ((1, 0, 0, 0), QUESTION[:-1]), ((1, 0, 0, 0), b""),
    ((1, 0, 0, 0), b"\xc0\x0c\0\1\0\1"), ((1, 0, 0, 0), b"\x40abc\0\0\1\0\1"),
    ((1, 0, 0, 0), b"\x3fa" * 5), ((1, 0, 0, 1), QUESTION), ((1, 0, 0, 1), QUESTION + b"\0\0\x29\4\xd0\0\0\0\0\0\4ab"),
    ((1, 0, 0, 2), QUESTION + b"\0\0\x29\4\xd0\0\0\0\0\0\0" * 2),
    ((1, 0, 0, 0), b"\x3f" + b"a" * 63 + (b"\x3f" + b"b" * 63) * 3 + b"\0\0\1\0\1")])
def test_formerr(daemon, counts, rest):
    """A question that cannot be read, or not exactly one, or a broken or second OPT, is FORMERR."""
    reply = exchange(daemon, struct.pack("!HHHHHH", 4711, 0, *counts) + rest)
    assert struct.unpack("!H", reply[:2])[0] == 4711
    assert rcode_of(reply) == dns.rcode.FORMERR


@pytest.mark.parametrize("wire", [b"", b"x", struct.pack("!HHHHHH", 1, 0, 1, 0, 0, 0)[:11],
                                  struct.pack("!HHHHHH", 1, 0x8000, 1, 0, 0, 0) + QUESTION,
                                  struct.pack("!HHHHHH", 1, 0x8400, 1, 0, 0, 0) + QUESTION])
def test_silence(daemon, wire):
    """What is shorter than a header, or a reply itself, is not answered: two servers would never end."""
    assert exchange(daemon, wire, 0.3) is None


# --- EDNS ------------------------------------------------------------------------------------

def test_edns(daemon):
    """EDNS is answered with version 0 and our size, 1232; without it there is no OPT."""
    reply = daemon.query("static", use_edns=0, payload=4096)
    assert (reply.edns, reply.payload) == (0, 1232)
    assert not reply.options
    assert daemon.query("static").edns == -1


def test_edns_on_every_kind_of_reply(daemon):
    """Negative answers, referrals and refusals carry the OPT as well."""
    for name in (f"nothing.{ORIGIN}", f"child.{ORIGIN}", "elsewhere.example.", f"static.{ORIGIN}"):
        for rdtype in ("A", "ANY", "MX"):
            assert daemon.query(name, rdtype, use_edns=0).edns == 0


def test_badvers(daemon):
    """A version we do not know is BADVERS, and the reply says which we do."""
    q = dns.message.make_query("static." + ORIGIN, "A")
    q.use_edns(edns=1)
    reply = daemon.ask(q)
    assert reply.rcode() == dns.rcode.BADVERS
    assert reply.edns == 0
    assert not reply.answer


def test_unknown_options_are_ignored(daemon):
    """An option that we do not know changes nothing and is not sent back."""
    reply = daemon.query("static", use_edns=0, options=[dns.edns.GenericOption(65001, b"hello")])
    assert reply.rcode() == dns.rcode.NOERROR and reply.answer
    assert not reply.options


def test_do_is_copied(daemon):
    """The DO bit comes back as it was sent (RFC 3225)."""
    assert daemon.query("static", want_dnssec=True).ednsflags & dns.flags.DO
    assert not daemon.query("static", use_edns=0).ednsflags & dns.flags.DO


def test_nsid(daemon):
    """NSID says server.identity to whoever asks for it."""
    reply = daemon.query("static", use_edns=0, options=[dns.edns.GenericOption(dns.edns.NSID, b"")])
    assert [(o.otype, o.to_wire()) for o in reply.options] == [(dns.edns.NSID, b"ns1.test")]


# --- size ------------------------------------------------------------------------------------

@pytest.mark.parametrize("name, payload, fits", [("big", None, False), ("big", 4096, False), ("medium", None, False),
                                                 ("medium", 512, False), ("medium", 100, False), ("medium", 1232, True)])
def test_truncation(daemon, name, payload, fits):
    """What does not fit is TC without part of an RRset; TCP gets all of it. Sizes under 512 mean 512."""
    more = {"use_edns": 0, "payload": payload} if payload else {}
    q = dns.message.make_query(f"{name}.{ORIGIN}", "A", **more)
    wire = exchange(daemon, q.to_wire())
    reply = dns.message.from_wire(wire)
    assert len(wire) <= min(max(payload or 512, 512), 1232)
    assert bool(reply.flags & dns.flags.TC) == (not fits)
    assert [len(rrset) for rrset in reply.answer] == ([60] if fits else [])
    assert (reply.edns == 0) == (payload is not None)
    assert len(daemon.ask(q, tcp=True).answer[0]) == (100 if name == "big" else 60)


def test_additional_does_not_truncate(daemon):
    """Additional records that do not fit are left out; that is no truncation."""
    reply = daemon.query(f"crowd.{ORIGIN}", "MX", use_edns=0, payload=1232)
    assert not reply.flags & dns.flags.TC
    assert len(reply.answer[0]) == 30


# --- CH --------------------------------------------------------------------------------------

def test_version_and_identity(daemon):
    """CH TXT version.bind and id.server answer as everywhere."""
    assert daemon.txt("version.bind")[0].startswith("relevod ")
    assert daemon.txt("version.server") == daemon.txt("version.bind")
    assert daemon.txt("id.server") == daemon.txt("hostname.bind") == ["ns1.test"]


def test_version_hidden(relevo):
    """server.hide_version refuses the question for the version."""
    daemon = relevo(server={"hide_version": True}).start(wait=False)
    wait_for(lambda: rcode_or_none(daemon, "id.server") == dns.rcode.NOERROR, 10)
    assert rcode_or_none(daemon, "version.bind") == dns.rcode.REFUSED


def rcode_or_none(daemon, name):
    try:
        return daemon.query(name, "TXT", "CH", timeout=0.2 * SLOW).rcode()
    except dns.exception.Timeout:
        return None


def test_other_chaos(daemon):
    """Other CH names are refused."""
    assert daemon.query("version.elsewhere", "TXT", "CH").rcode() == dns.rcode.REFUSED


# --- TCP -------------------------------------------------------------------------------------

def connect(daemon):
    s = socket.create_connection((daemon.address, daemon.port), timeout=5 * SLOW)
    s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return s


def framed(name, rdtype="A", query_id=None):
    q = dns.message.make_query(name, rdtype)
    if query_id is not None:
        q.id = query_id
    wire = q.to_wire()
    return struct.pack("!H", len(wire)) + wire


def receive(s):
    def exactly(n):
        data = b""
        while len(data) < n:
            more = s.recv(n - len(data))
            if not more:
                raise EOFError
            data += more
        return data
    return dns.message.from_wire(exactly(struct.unpack("!H", exactly(2))[0]))


def closed(s, within):
    """Did the server close within that time?"""
    s.settimeout(within * SLOW)
    try:
        while s.recv(4096):
            pass
        return True
    except ConnectionResetError:
        return True
    except socket.timeout:
        return False


def test_tcp_pipelining(daemon):
    """Many questions in one write all get their answer."""
    with connect(daemon) as s:
        s.sendall(b"".join(framed("big." + ORIGIN, query_id=i) for i in range(100)))
        assert sorted(receive(s).id for _ in range(100)) == list(range(100))


def test_tcp_slow_writer(daemon):
    """A question that comes byte by byte is a question."""
    with connect(daemon) as s:
        for byte in framed("static." + ORIGIN):
            s.sendall(bytes([byte]))
        assert receive(s).answer


def test_tcp_half_closed(daemon):
    """Who has closed his side still gets his answers."""
    with connect(daemon) as s:
        s.sendall(framed("static." + ORIGIN) * 3)
        s.shutdown(socket.SHUT_WR)
        assert all(receive(s).answer for _ in range(3))
        assert closed(s, 5)


@pytest.mark.parametrize("junk", [b"\0\0", b"\0\1x", b"\0\x0b" + b"x" * 11])
def test_tcp_junk(daemon, junk):
    """A message too short for a header gets silence; the question behind it gets its answer."""
    with connect(daemon) as s:
        s.sendall(junk + framed("static." + ORIGIN, query_id=5))
        assert receive(s).id == 5


def test_tcp_formerr(daemon):
    """A broken question gets its FORMERR over TCP too."""
    with connect(daemon) as s:
        wire = struct.pack("!HHHHHH", 7, 0, 1, 0, 0, 0) + b"\x3f" * 100
        s.sendall(struct.pack("!H", len(wire)) + wire)
        assert receive(s).rcode() == dns.rcode.FORMERR


def test_tcp_oversized(daemon):
    """A message far larger than any question ends the connection before it is read."""
    with connect(daemon) as s:
        s.sendall(b"\xff\xff" + framed("static." + ORIGIN))
        assert closed(s, 3)


def test_tcp_idle(relevo):
    """A connection without questions is closed after server.tcp_idle; half a question does not keep it open."""
    daemon = relevo(server={"tcp_idle": "1s"}).start()
    with connect(daemon) as idle, connect(daemon) as half:
        half.sendall(framed("static." + ORIGIN)[:10])
        assert closed(idle, 3)
        assert closed(half, 3)


def test_tcp_limit(relevo):
    """At most server.tcp_clients connections are open at once; an idle one never keeps a newcomer out."""
    daemon = relevo(server={"tcp_clients": 10, "tcp_idle": "1h"}).start()
    connections = [connect(daemon) for _ in range(40)]
    try:
        assert daemon.query("static." + ORIGIN, tcp=True).answer
        open_now = sum(not closed(s, 0.02 / SLOW) for s in connections)
        assert open_now <= 10
    finally:
        for s in connections:
            s.close()


def test_tcp_client_that_never_reads(daemon):
    """Who asks much and reads nothing is cut or held, and everyone else is served meanwhile."""
    with connect(daemon) as s:
        s.setblocking(False)
        wire = framed("big." + ORIGIN) * 200
        for _ in range(200):
            try:
                s.send(wire)
            except BlockingIOError:
                break
            except OSError:
                break
        assert daemon.query("static." + ORIGIN, tcp=True).answer
        assert daemon.query("static." + ORIGIN).answer


# --- addresses -------------------------------------------------------------------------------

def test_reply_comes_from_the_address_asked(relevo):
    """Bound to all addresses, the reply leaves from the one that was asked."""
    daemon = relevo()
    daemon.configure(server={"listen": [f"0.0.0.0@{daemon.port}"]}).start()
    for where in ("127.0.0.5", "127.0.0.1", "127.9.8.7"):
        for tcp in (False, True):
            assert daemon.query("static." + ORIGIN, where=where, tcp=tcp).answer


@pytest.mark.skipif(not has_ipv6(), reason="this machine has no ::1")
@pytest.mark.parametrize("bound", ["::1", "::"])
def test_ipv6(relevo, bound):
    """IPv6 is served like IPv4, beside it on the same port."""
    daemon = relevo()
    daemon.configure(server={"listen": [f"[{bound}]@{daemon.port}", f"127.0.0.1@{daemon.port}"]}).start()
    for where in ("::1", "127.0.0.1"):
        for tcp in (False, True):
            assert daemon.query("static." + ORIGIN, where=where, tcp=tcp).answer


def test_several_zones(relevo):
    """The deepest zone that holds the name answers."""
    daemon = relevo()
    (daemon.folder / "parent").write_text("$TTL 60\n@ SOA ns1 h 1 1 1 1 5\n@ NS ns1\nns1 A 127.0.0.1\nwww A 127.1.0.1\n"
                                          "gslb NS ns1\n")
    (daemon.folder / "child").write_text("$TTL 60\n@ SOA ns1 h 1 1 1 1 5\n@ NS ns1\nns1 A 127.0.0.1\nwww A 127.1.0.2\n")
    daemon.configure(zones=[{"name": "example.com", "file": "parent"}, {"name": "gslb.example.com", "file": "child"}])
    daemon.start()
    assert daemon.addresses("www.example.com.") == ["127.1.0.1"]
    assert daemon.addresses("www.gslb.example.com.") == ["127.1.0.2"]
    assert daemon.query("gslb.example.com.", "SOA").flags & dns.flags.AA


def test_counters(daemon):
    """What was asked is counted by what was said."""
    before = daemon.counters()
    daemon.query("static." + ORIGIN)
    daemon.query("nothing." + ORIGIN)
    daemon.query("static." + ORIGIN, "MX")
    daemon.query("elsewhere.example.", tcp=True)
    after = daemon.counters()
    risen = {k: after[k] - before[k] for k in after if after[k] != before[k]}
    assert risen["udp_queries"] == 3 and risen["tcp_queries"] == 1
    assert risen["nxdomain"] == 1 and risen["nodata"] == 1 and risen["refused"] == 1
