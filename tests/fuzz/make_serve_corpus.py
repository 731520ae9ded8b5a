#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""
Writes tests/fuzz/corpus/serve: a query of every kind that fuzz_serve.c's zones can be
asked. A file's first octet says how the packet comes: bit 0 by TCP, bit 1 from an operator.

    tests/fuzz/make_serve_corpus.py [FOLDER]
"""
import pathlib
import struct
import sys

FOLDER = pathlib.Path(__file__).parent / "corpus" / "serve"
UDP, TCP, OPERATOR = 0, 1, 2
IN, CH, HS, ANY_CLASS = 1, 3, 4, 255
A, NS, CNAME, SOA, MX, TXT, AAAA, OPT, DS, TKEY, IXFR, AXFR, ANY = 1, 2, 5, 6, 15, 16, 28, 41, 43, 249, 251, 252, 255


def name(text):
    return b"".join(bytes([len(label)]) + label for label in text.encode("latin1").split(b".") if label) + b"\0"


def option(code, data=b""):
    return struct.pack("!HH", code, len(data)) + data


def opt(size=1232, version=0, flags=0, options=b"", extended=0, owner=b"\0"):
    return owner + struct.pack("!HHBBHH", OPT, size, extended, version, flags, len(options)) + options


def query(text, rdtype=A, rdclass=IN, additional=(), flags=0x0100, counts=None, rest=b""):
    question = text if isinstance(text, bytes) else name(text)
    header = struct.pack("!HHHHHH", 0x1234, flags, *(counts or (1, 0, 0, len(additional))))
    return header + question + struct.pack("!HH", rdtype, rdclass) + b"".join(additional) + rest


LONGEST = ".".join(["x" * 63] * 3 + ["x" * 54]) + ".t.test"

# name: (how, packet)
PACKETS = {
    # what zones hold
    "exact": (UDP, query("ns.t.test")),
    "case": (UDP, query("nS.T.tEsT")),
    "nodata": (UDP, query("ns.t.test", MX)),
    "nxdomain": (UDP, query("nothing.t.test")),
    "empty-non-terminal": (UDP, query("y.empty.t.test")),
    "soa": (UDP, query("t.test", SOA)),
    "ns": (UDP, query("t.test", NS)),
    "mx": (UDP, query("t.test", MX)),
    "any": (UDP, query("t.test", ANY)),
    "unknown-type": (UDP, query(b"\2\0\xff\1t\4test\0", 65280)),
    "wildcard": (UDP, query("a.b.c.wild.t.test", MX)),
    "wildcard-blocked": (UDP, query("a.b.wild.t.test", MX)),
    "cname-chain": (UDP, query("one.t.test")),
    "cname-itself": (UDP, query("one.t.test", CNAME)),
    "cname-out": (UDP, query("out.t.test")),
    "cname-loop": (UDP, query("loop.t.test")),
    "cname-to-cut": (UDP, query("in.t.test")),
    "cname-wildcard": (UDP, query("x.alias.t.test")),
    "referral": (UDP, query("x.y.sub.t.test")),
    "at-cut": (UDP, query("sub.t.test", NS)),
    "ds": (UDP, query("sub.t.test", DS)),
    "nested-zone": (UDP, query("ns.n.t.test")),
    "outside": (UDP, query("www.elsewhere.test")),
    "root": (UDP, query("", NS)),
    "longest-name": (UDP, query(LONGEST, additional=[opt(512, options=option(3))])),
    "one-letter-labels": (UDP, query(".".join("x" * 123) + ".t.test")),
    # services
    "service": (UDP, query("www.t.test")),
    "service-aaaa": (UDP, query("www.t.test", AAAA)),
    "service-mx": (UDP, query("www.t.test", MX)),
    "service-any": (UDP, query("www.t.test", ANY)),
    "service-weighted": (UDP, query("w.t.test")),
    "service-sticky": (UDP, query("s.t.test", AAAA)),
    "service-cname": (UDP, query("c.t.test")),
    # sizes
    "truncated": (UDP, query("big.t.test", TXT)),
    "fits-by-edns": (UDP, query("big.t.test", TXT, additional=[opt(4096)])),
    "truncated-by-edns": (UDP, query("big.t.test", TXT, additional=[opt(600)])),
    "by-tcp": (TCP, query("big.t.test", TXT)),
    # EDNS
    "edns": (UDP, query("ns.t.test", additional=[opt()])),
    "edns-size-0": (UDP, query("ns.t.test", additional=[opt(0)])),
    "edns-do": (UDP, query("ns.t.test", additional=[opt(flags=0x8000)])),
    "edns-version": (UDP, query("ns.t.test", additional=[opt(version=1)])),
    "edns-nsid": (UDP, query("ns.t.test", additional=[opt(options=option(3))])),
    "edns-options": (UDP, query("ns.t.test", additional=[opt(options=option(65001, b"abc") + option(10, b"12345678")
                                                            + option(8, b"\0\1\x18\0\x7f\0\0"))])),
    "edns-option-too-long": (UDP, query("ns.t.test", additional=[opt(options=b"\0\3\0\1")])),
    "edns-half-an-option": (UDP, query("ns.t.test", additional=[opt(options=b"\0\3\0")])),
    "edns-twice": (UDP, query("ns.t.test", additional=[opt(), opt()])),
    "edns-owner": (UDP, query("ns.t.test", additional=[opt(owner=name("x"))])),
    "tsig": (UDP, query("ns.t.test", additional=[opt(), name("key") + struct.pack("!HHIH", 250, 255, 0, 3) + b"abc"])),
    "additional-record": (UDP, query("ns.t.test", additional=[name("a") + struct.pack("!HHIH", A, IN, 0, 4) + b"abcd"])),
    "three-additional": (UDP, query("ns.t.test", additional=[opt()] * 3)),
    # inspection
    "version": (UDP, query("version.bind", TXT, CH)),
    "identity": (UDP, query("id.server", TXT, CH)),
    "ch-plan": (OPERATOR, query("plan.relevo", TXT, CH)),
    "ch-providers": (OPERATOR, query("providers.relevo", TXT, CH)),
    "ch-service": (OPERATOR, query("www.t.test", TXT, CH)),
    "ch-service-by-tcp": (OPERATOR | TCP, query("www.t.test", TXT, CH)),
    "ch-service-stranger": (UDP, query("www.t.test", TXT, CH)),
    "ch-unknown": (OPERATOR, query("x.relevo", TXT, CH)),
    "health": (OPERATOR, query("_health.www.t.test", TXT)),
    "health-nodata": (OPERATOR, query("_health.www.t.test", A)),
    "health-any": (OPERATOR, query("_health.w.t.test", ANY)),
    "health-nothing": (OPERATOR, query("_health.nothing.t.test", TXT)),
    "health-alone": (OPERATOR, query("_health", TXT)),
    # what is not asked like that
    "class-hs": (UDP, query("ns.t.test", A, HS)),
    "class-any": (UDP, query("ns.t.test", A, ANY_CLASS)),
    "axfr": (TCP, query("t.test", AXFR)),
    "ixfr": (UDP, query("t.test", IXFR)),
    "type-opt": (UDP, query("t.test", OPT)),
    "type-tkey": (UDP, query("t.test", TKEY)),
    "notify": (UDP, query("t.test", SOA, flags=0x2000)),
    "update": (UDP, query("t.test", SOA, flags=0x2800)),
    "iquery": (UDP, query("t.test", A, flags=0x0800)),
    "reply": (UDP, query("t.test", A, flags=0x8100)),
    "all-flags": (UDP, query("t.test", A, flags=0x07ff)),
    "no-question": (UDP, query("t.test", counts=(0, 0, 0, 0))),
    "two-questions": (UDP, query("t.test", counts=(2, 0, 0, 0), rest=query("t.test")[12:])),
    "an-answer": (UDP, query("t.test", counts=(1, 1, 0, 0), rest=query("t.test")[12:] + bytes(6))),
    "trailing-octets": (UDP, query("t.test", rest=b"xyz")),
    # names that are none
    "pointer-to-itself": (UDP, query(b"\xc0\x0c")),
    "pointer-to-header": (UDP, query(b"\1a\xc0\0")),
    "label-type-1": (UDP, query(b"\x41" + b"a" * 65 + b"\0")),
    "label-64": (UDP, query(b"\x40" + b"a" * 64 + b"\0")),
    "label-past-end": (UDP, query(b"\x3fabc")),
    "name-256": (UDP, query(b"\x3f" + b"a" * 63 + (b"\x3f" + b"a" * 63) * 2 + b"\x3e" + b"a" * 62 + b"\0")),
    # too short for anything
    "nothing": (UDP, b""),
    "id-alone": (UDP, b"\x12\x34"),
    "header-less-one": (UDP, query("t.test")[:11]),
    "header-alone": (UDP, query("t.test")[:12]),
    "half-a-question": (UDP, query("t.test")[:16]),
    "question-less-one": (UDP, query("t.test")[:-1]),
    "opt-less-one": (UDP, query("t.test", additional=[opt()])[:-1]),
}


def main():
    folder = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    for file, (how, packet) in PACKETS.items():
        (folder / file).write_bytes(bytes([how]) + packet)


if __name__ == "__main__":
    main()
