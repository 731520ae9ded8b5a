# SPDX-License-Identifier: BSD-2-Clause
"""Packets that nobody should send."""
import random
import select
import socket
import struct

import dns.edns
import dns.message
import pytest

from relevo import SLOW

ALLOWED_RCODES = {0, 1, 3, 4, 5}		# NOERROR FORMERR NXDOMAIN NOTIMP REFUSED; BADVERS is 0 here and 1 in the OPT
SEED = 20260101


@pytest.fixture(scope="module")
def daemon(module_relevo, module_backend):
    from relevo import failover
    return module_relevo(services=[failover("www", module_backend(), module_backend())]).start().settled()


@pytest.fixture
def unharmed(daemon):
    """Whatever the test does: the same processes go on, and answer."""
    before = daemon.children()
    yield
    assert daemon.query("static").answer
    assert daemon.query("static", tcp=True).answer
    assert daemon.children() == before


VALID = dns.message.make_query("www.gslb.example.com", "A", use_edns=0, payload=1232,
                               options=[dns.edns.GenericOption(3, b""), dns.edns.GenericOption(65001, b"abc")]).to_wire()


def truncations():
    return [VALID[:n] for n in range(len(VALID))]


def mutations():
    """Every byte in turn replaced by the values most likely to matter."""
    for i in range(len(VALID)):
        for value in {0, 1, 0x3f, 0x40, 0x7f, 0x80, 0xc0, 0xff, VALID[i] ^ 1, VALID[i] ^ 0x80, VALID[i] + 1 & 255}:
            if value != VALID[i]:
                yield VALID[:i] + bytes([value]) + VALID[i + 1:]


def randoms(n=1000):
    """Noise, noise behind a believable header, and names that point and loop."""
    rng = random.Random(SEED)
    for i in range(n):
        noise = rng.randbytes(rng.randrange(0, 600))
        header = struct.pack("!HHHHHH", rng.randrange(65536), rng.choice([0, 0x0100, 0x2800]),
                             rng.choice([1, 1, 0, 2, 65535]), rng.choice([0, 1]), 0, rng.choice([0, 1, 2, 65535]))
        names = [bytes([0xc0, rng.randrange(40)]), b"\xc0", b"\x3fabc", b"\0", b"\3www" * 80]
        yield (noise, header + noise, header + rng.choice(names) + noise[:20])[i % 3]


def check(sent, reply):
    """Silence is for what has no header and for replies; all else has an id, QR and an rcode of the RFCs."""
    assert len(sent) >= 12 and not sent[2] & 0x80, f"answered {sent.hex()} with {reply.hex()}"
    assert reply[:2] == sent[:2]
    assert reply[2] & 0x80 and (reply[2] ^ sent[2]) & 0x78 == 0, "QR set, opcode kept"
    assert reply[3] & 15 in ALLOWED_RCODES, f"{sent.hex()} got {reply.hex()}"
    assert len(reply) <= 1232
    if sent[2] & 0x78 == 0:
        dns.message.from_wire(reply)


def owed(packet):
    """Does this packet deserve a reply?"""
    return len(packet) >= 12 and not packet[2] & 0x80


def udp_exchange(daemon, packets):
    """Send one by one, so that a reply belongs to its packet; count what was answered."""
    answered = 0
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.connect((daemon.address, daemon.port))
        for packet in packets:
            s.send(packet)
            if not owed(packet):
                continue
            assert select.select([s], [], [], 5 * SLOW)[0], f"no reply to {packet.hex()}"
            check(packet, s.recv(65535))
            answered += 1
        assert not select.select([s], [], [], 0.2)[0], "a reply to what deserves silence"
    return answered


def test_truncations(daemon, unharmed):
    """Every truncation of a valid query gets its reply or its silence."""
    assert udp_exchange(daemon, truncations()) == len(VALID) - 12


def test_mutations(daemon, unharmed):
    """Every byte of a valid query may change: a reply or silence, never harm."""
    udp_exchange(daemon, mutations())


def test_randoms(daemon, unharmed):
    """A thousand malformed and random packets: a reply or silence, never harm."""
    udp_exchange(daemon, randoms())


def test_tcp(daemon, unharmed):
    """The same over TCP: a reply, or the connection ends."""
    packets = [*truncations(), *list(mutations())[::10], *randoms(200)]
    for packet in packets:
        with socket.create_connection((daemon.address, daemon.port), timeout=5 * SLOW) as s:
            s.sendall(struct.pack("!H", len(packet)) + packet)
            s.shutdown(socket.SHUT_WR)
            data = b""
            try:
                while more := s.recv(65535):
                    data += more
            except ConnectionResetError:
                pass
        assert bool(data) == owed(packet), f"{packet.hex()} over TCP got {data.hex()}"
        if data:
            assert struct.unpack("!H", data[:2])[0] == len(data) - 2
            check(packet, data[2:])


def test_strangers_write_no_log(daemon, unharmed):
    """No packet makes a line in the log."""
    before = daemon.log()
    udp_exchange(daemon, randoms(50))
    assert daemon.log() == before
