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


# --- what one connection leaves behind ---------------------------------------------------

BIG = 'big TXT "' + "b" * 250 + '{:03}"\n'
BIG_RECORDS = 220				# about 58 kB


@pytest.fixture(scope="module")
def narrow(module_relevo):
    """One worker, so that all connections share what a worker has; and an answer that fills buffers."""
    from relevo import ZONE
    zone = ZONE + "".join(BIG.format(i) for i in range(BIG_RECORDS)) + 'mark TXT "of another"\n'
    return module_relevo(zone=zone, server={"workers": 1}).start()


def tcp_query(name, rdtype="TXT", ident=0x4141):
    wire = dns.message.make_query(f"{name}.gslb.example.com", rdtype, id=ident).to_wire()
    return struct.pack("!H", len(wire)) + wire


def connect(daemon, room=None, reset=False):
    s = socket.socket()
    s.settimeout(5 * SLOW)
    if room:
        s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, room)
    if reset:
        s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    s.connect((daemon.address, daemon.port))
    return s


def read_to_end(s):
    data = bytearray()
    try:
        while more := s.recv(65536):
            data += more
    except ConnectionResetError:
        pass
    return bytes(data)


def messages(data):
    """The whole messages in what a connection brought; the last may have been cut."""
    while len(data) >= 2 and len(data) - 2 >= struct.unpack("!H", data[:2])[0]:
        end = 2 + struct.unpack("!H", data[:2])[0]
        yield dns.message.from_wire(data[2:end])
        data = data[end:]


def assert_own_answer(s, ident):
    """This connection gets the answer to its question and not a byte more."""
    s.sendall(tcp_query("static", "A", ident))
    s.shutdown(socket.SHUT_WR)
    data = read_to_end(s)
    assert len(data) >= 2 and struct.unpack("!H", data[:2])[0] == len(data) - 2, f"{len(data)} bytes: {data[:100]}"
    reply = dns.message.from_wire(data[2:])
    assert reply.id == ident and reply.answer[0][0].address == "127.1.1.1"


@pytest.mark.parametrize("big", [0, 4, 50, 60, 70, 80, 89])
def test_tcp_connections_are_strangers(narrow, big):
    """What a connection leaves when it is cut for a message too long is never sent to another."""
    before = narrow.children()
    names = ["big"] * big + ["mark"] * 3
    with connect(narrow, room=4096) as rude, connect(narrow) as earlier:
        rude.sendall(b"".join(tcp_query(name, ident=i) for i, name in enumerate(names)) + struct.pack("!H", 60000))
        with connect(narrow) as meanwhile:
            assert_own_answer(meanwhile, 0x1001)
        got = list(messages(read_to_end(rude)))
        assert_own_answer(earlier, 0x1002)
    for ident in (0x1003, 0x1004):
        with connect(narrow) as later:
            assert_own_answer(later, ident)
    assert [reply.id for reply in got] == list(range(len(got)))
    for reply, name in zip(got, names):
        assert len(reply.answer[0]) == (BIG_RECORDS if name == "big" else 1)
    assert narrow.children() == before


def test_tcp_resets_harm_nobody(narrow):
    """Connections reset in the middle of large replies leave nothing to others, and harm no process."""
    before = narrow.children()
    rng = random.Random(SEED)
    queries = tcp_query("big") * 130
    for i in range(50):
        with connect(narrow, room=rng.choice([4096, 65536, 262144]), reset=True) as rude:
            rude.sendall(queries)
            left = rng.randrange(1000000)
            while left > 0 and (more := rude.recv(min(left, 65536))):
                left -= len(more)
        with connect(narrow) as other:
            assert_own_answer(other, i)
    assert narrow.children() == before
