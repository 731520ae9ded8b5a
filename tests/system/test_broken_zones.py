# SPDX-License-Identifier: BSD-2-Clause
"""Every mistake in a zone file is told with its line; what named-checkzone refuses is refused, and nothing else."""
import os
import pathlib
import shutil
import subprocess

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
RELEVOD = ROOT / os.environ.get("RELEVO_BUILD", "build") / "relevod"
CHECKZONE = shutil.which("named-checkzone") or shutil.which("named-checkzone", path="/usr/sbin:/usr/bin")

CONF = """\
server = { listen = "127.0.0.1@5300"; };
providers = { own = { }; };
checks = { web = { type = "http"; }; };
zones = ( { name = "z.example"; file = "z.zone"; services = (
%s
); } );
"""

SOA = "@ SOA ns hostmaster 1 3600 600 604800 5\n"
HEAD = "$TTL 300\n" + SOA + "@ NS ns\nns A 127.0.0.53\n"		# four lines
LONG = "x" * 63


def service(name, settings='address = "127.0.0.1";'):
    return '{ name = "%s"; check = "web"; members = { provider = "own"; %s }; }' % (name, settings)


def at(*lines):
    """Complaints from (line, text), or from a text about the file as a whole."""
    return ["z.zone: " + l if isinstance(l, str) else "z.zone:%d: %s" % l for l in lines]


def syntax(line, what, shown):
    return at((line, 'Syntax error, %s: "%s"' % (what, shown)))


RDATA = "could not parse the RR's rdata"

# name: (text of the file, expected complaints)
BROKEN = {
    # text that is none
    "type above 16 bits": (HEAD + "a TYPE65537 \\# 4 01020304\n", at((5, 'unknown type: "a TYPE65537 \\# 4 01020304"'))),
    "class with a tail": (HEAD + "a CLASS1x A 127.0.0.1\n", at((5, 'unknown type: "a CLASS1x A 127.0.0.1"'))),
    "string without end": (HEAD + 'a TXT "b\n', at((5, 'a string without its closing quote: "a TXT "b""'))),
    "string over two lines": (HEAD + 'a TXT "b\nc"\n', at((5, 'a string without its closing quote: "a TXT "b""'),
                                                            (6, 'a string without its closing quote: "c"""'))),
    "parenthesis without end": (HEAD + "a TXT ( b\nc TXT d\n",
                                at((5, 'a parenthesis that is not closed: "a TXT b c TXT d"'))),
    "parenthesis without beginning": (HEAD + "a TXT b )\n",
                                      at((5, 'a closing parenthesis without its opening one: "a TXT b"'))),
    "NUL": (HEAD + "a TXT b\0c\n", at((5, 'a NUL octet: "a TXT bc"'))),
    "no owner": ("$TTL 5\n  TXT a\n" + SOA + "@ NS ns\nns A 127.0.0.1\n", at((2, 'no owner, and none before it: "TXT a"'))),
    "another language": ("server = { };\n", at((1, 'unknown type: "server = { }"'))),
    # directives
    "$TTL without TTL": (HEAD + "$TTL\n", at((5, '$TTL is not followed by a TTL of 0 to 2147483647 seconds: "$TTL"'))),
    "$TTL x": (HEAD + "$TTL x\n", at((5, '$TTL is not followed by a TTL of 0 to 2147483647 seconds: "$TTL x"'))),
    "$TTL of 33 bits": (HEAD + "$TTL 4294967296\n",
                        at((5, '$TTL is not followed by a TTL of 0 to 2147483647 seconds: "$TTL 4294967296"'))),
    "$TTL and more": (HEAD + "$TTL 1 2\n", at((5, 'superfluous text after the directive: "$TTL 1 2"'))),
    "$ORIGIN without name": (HEAD + "$ORIGIN\n", at((5, '$ORIGIN is not followed by a domain name: "$ORIGIN"'))),
    "$ORIGIN of no name": (HEAD + "$ORIGIN a..b\n", at((5, '$ORIGIN is not followed by a domain name: "$ORIGIN a..b"'))),
    "$INCLUDE without file": (HEAD + "$INCLUDE\n", at((5, '$INCLUDE is not followed by a file: "$INCLUDE"'))),
    "$INCLUDE of nothing": (HEAD + "$INCLUDE none\n",
                            at((5, "$INCLUDE: cannot open {folder}/none: No such file or directory"))),
    "unknown directive": (HEAD + "$BOGUS\n", at((5, 'unknown directive; expected $TTL, $ORIGIN or $INCLUDE: "$BOGUS"'))),
    # owner, TTL, class, type
    "label too long": (HEAD + "x%s A 127.0.0.1\n" % LONG, syntax(5, "could not parse the RR", LONG[:60] + "...")),
    "name too long": (HEAD + "%s A 127.0.0.1\n" % ".".join([LONG] * 4),
                      syntax(5, "could not parse the RR", LONG[:60] + "...")),
    "name too long with its origin": (HEAD + "%s A 127.0.0.1\n" % ".".join([LONG[:60]] * 3 + [LONG[:61]]),
                                      at((5, 'a name is longer than 255 octets with its origin: "%s..."' % LONG[:60]))),
    "empty label": (HEAD + "a..b A 127.0.0.1\n", syntax(5, "could not parse the RR", "a..b A 127.0.0.1")),
    "bad escape": (HEAD + "a\\256 A 127.0.0.1\n", syntax(5, "could not parse the RR", "a\\256 A 127.0.0.1")),
    "TTL of 33 bits": (HEAD + "a 4294967296 A 127.0.0.1\n", at((5, 'unknown type: "a 4294967296 A 127.0.0.1"'))),
    "TTL with another unit": (HEAD + "a 1x A 127.0.0.1\n", at((5, 'unknown type: "a 1x A 127.0.0.1"'))),
    "no TTL": ("@ NS ns\nns A 127.0.0.1\n@ 60 SOA ns h 1 2 3 4 5\n",
               at((1, "no TTL given, no $TTL and no record with a TTL before it"))),
    "class": (HEAD + "a CH TXT b\n", at((5, 'class is not IN: "a CH TXT b"'))),
    "no type": (HEAD + "a 60 IN\n", at((5, 'no type: "a 60 IN"'))),
    "unknown type": (HEAD + "a BOGUS b\n", at((5, 'unknown type: "a BOGUS b"'))),
    "type of queries": (HEAD + "a AXFR\n", at((5, 'a type that exists in messages only: "a AXFR"'))),
    "type OPT": (HEAD + "a TYPE41 \\# 0\n", at((5, 'a type that exists in messages only: "a TYPE41 \\# 0"'))),
    # data
    "three octets": (HEAD + "a A 127.0.1\n", syntax(5, RDATA, "a A 127.0.1")),
    "leading zero": (HEAD + "a A 127.0.0.01\n", syntax(5, RDATA, "a A 127.0.0.01")),
    "IPv4 as IPv6": (HEAD + "a AAAA 127.0.0.1\n", syntax(5, RDATA, "a AAAA 127.0.0.1")),
    "data missing": (HEAD + "a MX 10\n", syntax(5, "value expected", "a MX 10")),
    "data too much": (HEAD + "a A 127.0.0.1 127.0.0.2\n", syntax(5, "superfluous text present", "a A 127.0.0.1 127.0.0.2")),
    "number too large": (HEAD + "a MX 65536 ns\n", at((5, 'a number or a length does not fit: "a MX 65536 ns"'))),
    "port too large": (HEAD + "a SRV 1 2 99999 ns\n", at((5, 'a number or a length does not fit: "a SRV 1 2 99999 ns"'))),
    "string too long": (HEAD + "a TXT %s\n" % ("y" * 256), syntax(5, RDATA, "a TXT " + "y" * 54 + "...")),
    "unknown data too short": (HEAD + "a TYPE65280 \\# 3 abcd\n", syntax(5, RDATA, "a TYPE65280 \\# 3 abcd")),
    "no data by number": (HEAD + "a A \\# 0\n", at((5, 'data missing: "a A \\# 0"'))),
    "data by number and more": (HEAD + "a A \\# 5 7f00000101\n",
                                at((5, 'a number or a length does not fit: "a A \\# 5 7f00000101"'))),
    "length that is none": (HEAD + "a SOA \\# h 1 2 3 4 5\n", at((5, 'data missing: "a SOA \\# h 1 2 3 4 5"'))),
    "pointer by number": (HEAD + "a NS \\# 2 c000\n", at((5, 'Invalid compression pointer: "a NS \\# 2 c000"'))),
    "digest": (HEAD + "a DS 1 8 2 00\n", at((5, 'the digest has not the length that its kind has: "a DS 1 8 2 00"'))),
    "SOA with too little": ("$TTL 5\n@ SOA ns h 1 2 3 4\n@ NS ns\nns A 127.0.0.1\n",
                            syntax(2, "value expected", "@ SOA ns h 1 2 3 4")
                            + at("zone z.example has no SOA record at its apex; expected one")),
    "serial of 33 bits": ("$TTL 5\n@ SOA ns h 4294967296 2 3 4 5\n@ NS ns\nns A 127.0.0.1\n",
                          at((2, 'a number or a length does not fit: "@ SOA ns h 4294967296 2 3 4 5"'),
                             "zone z.example has no SOA record at its apex; expected one")),
    # the zone as a whole
    "empty": ("", at("zone z.example has no SOA record at its apex; expected one",
                     "zone z.example has no NS records at its apex; expected at least one")),
    "no SOA": ("@ 60 NS ns\nns 60 A 127.0.0.1\n", at("zone z.example has no SOA record at its apex; expected one")),
    "two SOA": (HEAD + "@ SOA ns hostmaster 2 3600 600 604800 5\n",
                at((5, "zone z.example has more than one SOA record; the first is at line 2"))),
    "SOA elsewhere": (HEAD + "a SOA ns h 1 2 3 4 5\n",
                      at((5, "SOA record at a.z.example, which is not the apex of zone z.example"))),
    "no NS": ("$TTL 5\n" + SOA, at("zone z.example has no NS records at its apex; expected at least one")),
    "NS without address": (HEAD + "@ NS ns2\n", at((5, "name server ns2.z.example has no address records (A or AAAA)"))),
    "NS to CNAME": (HEAD + "@ NS ns2\nns2 CNAME ns\n",
                    at((5, "name server ns2.z.example is a CNAME; expected a name with addresses"))),
    "NS at wildcard": (HEAD + "*.a NS ns\n",
                       at((5, "NS record at the wildcard *.a.z.example; a wildcard cannot be delegated"))),
    "CNAME and other": (HEAD + "a CNAME b\na A 127.0.0.1\n",
                        at((6, "a.z.example has a CNAME (line 5) and other data, A; expected the CNAME alone"))),
    "CNAME twice": (HEAD + "a CNAME b\na CNAME c\n", at((6, "a.z.example has more than one CNAME record; expected one"))),
    "CNAME at the apex": (HEAD + "@ CNAME b\n",
                          at((3, "z.example has a CNAME (line 5) and other data, NS; expected the CNAME alone"))),
    "CNAME at a cut": (HEAD + "a NS ns\na CNAME b\n",
                       at((5, "a.z.example has a CNAME (line 6) and other data, NS; expected the CNAME alone"))),
    "DNAME twice": (HEAD + "a DNAME b\na DNAME c\n", at((6, "a.z.example has more than one DNAME record; expected one"))),
    "two mistakes": (HEAD + "a A x\nb BOGUS\nc CNAME d\nc TXT e\n",
                     syntax(5, RDATA, "a A x") + at((6, 'unknown type: "b BOGUS"'),
                     (8, "c.z.example has a CNAME (line 7) and other data, TXT; expected the CNAME alone"))),
}

# Good enough to serve, but probably not what was meant. name: (text, expected warnings)
DUBIOUS = {
    "outside": (HEAD + "a.example. A 127.0.0.1\n", at((5, "a.example is outside zone z.example and is ignored"))),
    "no TTL for the SOA": (SOA + "@ NS ns\nns A 127.0.0.1\n",
                           at((1, "no TTL given and no $TTL before it; the SOA's minimum is used"))),
    "TTL of 32 bits": (HEAD + "a 2147483648 A 127.0.0.1\n",
                       at((5, "TTL 2147483648 is above 2147483647 and counts as 0 (RFC 2181 section 8)"))),
    "$TTL of 32 bits": (HEAD + "$TTL 2147483648\n",
                        at((5, "TTL 2147483648 is above 2147483647 and counts as 0 (RFC 2181 section 8)"))),
    "TTLs of one RRset": (HEAD + "a 5 A 127.0.0.1\na 6 A 127.0.0.2\n",
                          at((6, "TTL 6 differs from the RRset's first, 5, which is used"))),
    "glue missing": (HEAD + "a NS ns.a\n", at((5, "delegation of a.z.example: name server ns.a.z.example has no glue: "
                                                  "no address records (A or AAAA)"))),
    "MX without address": (HEAD + "a MX 1 b\n", at((5, "MX target b.z.example has no address records (A or AAAA)"))),
    "MX to CNAME": (HEAD + "a MX 1 b\nb CNAME ns\n", at((5, "MX target b.z.example is a CNAME"))),
    "SRV without address": (HEAD + "a SRV 1 1 1 b\n", at((5, "SRV target b.z.example has no address records (A or AAAA)"))),
}

GOOD = {
    "small": HEAD,
    "no end of line": HEAD + "a A 127.0.0.1",
    "CRLF": HEAD.replace("\n", "\r\n"),
    "RFC 1035 TTL": "@ 60 SOA ns h 1 2 3 4 5\n@ NS ns\nns A 127.0.0.1\n",
    "TTL and class": HEAD + "a IN 5 A 127.0.0.1\nb 5 IN A 127.0.0.1\nc IN A 127.0.0.1\nd 1w2d3h4m5s A 127.0.0.1\n",
    "lines": HEAD + "a ( 5 ; a comment )\n A (\n\n) 127.0.0.1 )\n( b 5 A 127.0.0.2 )\n  \n ; nothing\n",
    "owners": HEAD + "a A 127.0.0.1\n\tTXT b\n  MX 1 ns\nB.Z.Example. A 127.0.0.2\n",
    "strings": HEAD + 'a TXT "b;(\\"" "" c\\;d \\065 "' + "y" * 255 + '"\n',
    "escapes": HEAD + "a\\.b A 127.0.0.1\n\\000\\255 A 127.0.0.2\n_c TXT d\n-e TXT f\n",
    "$ORIGIN": HEAD + "$ORIGIN a\nb CNAME @\n$ORIGIN c\nd CNAME e.a.z.example.\n",
    "by number": HEAD + "a TYPE1 \\# 4 7f000001\nb CLASS1 TYPE65280 \\# 3 ab cdef\nc TYPE65281 \\# 0\nd A \\# 4 7f000001\n",
    "twice the same": HEAD + "a CNAME b\na CNAME b\nb A 127.0.0.1\nb A 127.0.0.1\n",
    "longest label": HEAD + LONG + " A 127.0.0.1\n",
    "longest name": HEAD + ".".join([LONG] * 3 + ["y" * 51]) + " A 127.0.0.1\n",
    "wildcards": HEAD + "* A 127.0.0.1\n*.a MX 1 b\n*.*.c TXT d\nx.*.e TXT f\n",
    "delegations": HEAD + "a NS ns.a\nns.a A 127.0.0.1\nb NS ns\nb NS ns.elsewhere.example.\nx.b NS ns\n"
                          "b DS 1 8 99 00\nb A 127.0.0.1\ny.b CNAME z\n",
    "odd CNAMEs": HEAD + "a CNAME a\nb CNAME c\nc CNAME b\nd CNAME elsewhere.example.\ne CNAME nothing\n",
    "CNAME signed": HEAD + "a CNAME b\na RRSIG CNAME 8 3 300 20300101000000 20200101000000 1 z.example. AAAA\n"
                           "a NSEC b CNAME RRSIG NSEC\n",
    "DNAME": HEAD + "a DNAME b\na A 127.0.0.1\n",
    "no mail": HEAD + "a MX 0 .\nb SRV 0 0 0 .\n",
    "units in the SOA": "$TTL 1h\n@ SOA ns h 1 1h 2m 3w 4\n@ NS ns\nns A 127.0.0.1\n",
    "zeros in the SOA": "$TTL 0\n@ SOA . . 0 0 0 0 0\n@ NS ns\nns A 127.0.0.1\n",
    "largest numbers": "$TTL 2147483647\n@ SOA ns h 4294967295 4294967295 1 1 1\n@ NS ns\nns A 127.0.0.1\n"
                       "a MX 65535 ns\nb SRV 65535 65535 65535 ns\n",
    "types": HEAD + """\
a LOC 52 22 23.000 N 4 53 32.000 E -2.00m 0.00m 10000m 10m
a CAA 0 issue ca.example
a CAA 128 iodef "mailto:x"
a HINFO "a b" c
a SSHFP 1 1 0123456789abcdef0123456789abcdef01234567
a TLSA 3 1 1 00
a NAPTR 1 2 "u" "x" "!a!b!" .
a HTTPS 1 . alpn="h2,h3" port=8443 ipv4hint=127.0.0.1,127.0.0.2 ipv6hint=::1
a SVCB 0 b
a URI 1 2 "http://x"
a RP a b
a AFSDB 1 ns
a NSEC3PARAM 1 0 0 -
@ DNSKEY 257 3 8 AAAA
a CERT PKIX 1 8 AAAA
a WKS 127.0.0.1 6 25 80
a APL 1:127.0.0.0/8 !2:::/0
a EUI48 00-11-22-33-44-55
a OPENPGPKEY AAAA
a IPSECKEY 10 1 2 127.0.0.1 AAAA
a DS 1 8 2 {0}
a CDS 0 0 0 00
a PTR b
a KX 1 ns
a DHCID AAAA
a CSYNC 1 3 A NS
a NULL \\# 1 00
""".format("0" * 64),
}

# What named-checkzone accepts and we refuse, or the other way round, and why.
EXCEPTIONS = {
    HEAD + "$GENERATE 1-3 a$ A 127.0.0.$\n": "$GENERATE is BIND's own, not RFC 1035's; a loop in a script does the same",
}

FILES = {**{name: text for name, (text, _) in {**BROKEN, **DUBIOUS}.items()}, **GOOD}


def check(folder, zone, services=""):
    (folder / "relevo.conf").write_text(CONF % services)
    (folder / "z.zone").write_bytes(zone.encode("latin1"))
    return subprocess.run([str(RELEVOD), "-n", "-c", "relevo.conf"], cwd=folder, capture_output=True, text=True,
                          errors="surrogateescape", timeout=60)


def complaints(done, folder):
    """Lines on stderr, zone files by their name alone."""
    return [line.replace("%s/z.zone" % folder, "z.zone") for line in done.stderr.splitlines()]


@pytest.mark.parametrize("name", BROKEN)
def test_mistakes_are_told(name, tmp_path):
    """A broken zone: exactly these lines, exit status 1."""
    zone, expected = BROKEN[name]
    done = check(tmp_path, zone)
    assert complaints(done, tmp_path) == [line.replace("{folder}", str(tmp_path)) for line in expected]
    assert (done.returncode, done.stdout) == (1, "")


@pytest.mark.parametrize("name", DUBIOUS)
def test_doubts_are_told(name, tmp_path):
    """A dubious zone: exactly these warnings, and it is good enough."""
    zone, expected = DUBIOUS[name]
    done = check(tmp_path, zone)
    assert complaints(done, tmp_path) == [line.replace(": ", ": warning: ", 1) for line in expected]
    assert (done.returncode, done.stdout) == (0, "")


@pytest.mark.parametrize("name", GOOD)
def test_good_zones_are_silent(name, tmp_path):
    """A good zone: not a word, exit status 0."""
    done = check(tmp_path, GOOD[name])
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


@pytest.mark.parametrize("zone, services, expected", [
    ("a A 127.0.0.1\n", service("a"),
     'relevo.conf:5: service "a" and a static A record at z.zone:5 have the same name; expected one or the other'),
    ("a MX 1 ns\n", service("a", 'address = "127.0.0.1"; records = "MX 2 ns";'),
     'relevo.conf:5: service "a" and a static MX record at z.zone:5 have the same name; expected one or the other'),
    ("a TXT x\n", service("a", 'cname = "b.example.";'),
     'relevo.conf:5: service "a" and a static TXT record at z.zone:5 have the same name; expected one or the other'),
    ("a CNAME ns\n", service("a"),
     'relevo.conf:5: service "a" has a static CNAME or DNAME at z.zone:5; expected no such record beside a service'),
    ("a NS ns\n", service("b.a"),
     'relevo.conf:5: service "b.a" stands at or below the delegation of a.z.example in z.zone'),
    ("", service("a", 'address = "127.0.0.1"; records = "MX x";'),
     'relevo.conf:5: records: "MX x": Syntax error, could not parse the RR\'s rdata'),
    ("", service("a", 'address = "127.0.0.1"; records = "MX 65536 ns";'),
     'relevo.conf:5: records: "MX 65536 ns": a number or a length does not fit'),
    ("", service("a", 'address = "127.0.0.1"; records = "TXT (x";'),
     'relevo.conf:5: records: "TXT (x": a parenthesis that is not closed'),
    ("m MX 1 a\n", service("a"), None),
    ("a TXT x\n", service("a", 'address = "127.0.0.1"; records = "MX 2 ns";'), None),
], ids=["address", "record", "cname", "static cname", "below a cut", "bad record", "large number", "open parenthesis", "as a target", "beside another type"])
def test_services_in_zones(zone, services, expected, tmp_path):
    """A service and the zone's own records may not contradict each other; both places are told."""
    done = check(tmp_path, HEAD + zone, services)
    assert complaints(done, tmp_path) == ([expected] if expected else [])
    assert done.returncode == (1 if expected else 0)


def test_service_in_a_nested_zone(tmp_path):
    """A service whose name belongs to a zone further down would never answer; that is a mistake."""
    (tmp_path / "sub.zone").write_text(HEAD.replace("z.example", "sub.z.example"))
    zone_end = "); } );"
    assert CONF.rstrip().endswith(zone_end)
    conf = CONF % service("www.sub")
    conf = conf.rstrip()[:-len(zone_end)] + '); }, { name = "sub.z.example"; file = "sub.zone"; } );\n'
    (tmp_path / "relevo.conf").write_text(conf)
    (tmp_path / "z.zone").write_text(HEAD + "sub NS ns\n")
    done = subprocess.run([str(RELEVOD), "-n", "-c", "relevo.conf"], cwd=tmp_path, capture_output=True, text=True,
                          timeout=60)
    assert done.stderr.splitlines() == ['relevo.conf:5: service "www.sub" stands in zone sub.z.example, which is '
                                        'served here as well; expected it there']
    assert done.returncode == 1


def test_included_files_are_named(tmp_path):
    """A mistake in an included file names that file; it is looked for beside the one that includes it."""
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "a.inc").write_text("x A 127.0.0\n$INCLUDE b.inc\n")
    (tmp_path / "sub" / "b.inc").write_text("y 5 A 127.0.0.1\n@ BOGUS\n")
    done = check(tmp_path, HEAD + '$INCLUDE "sub/a.inc" sub ; a comment\nz A 127.0.0\n')
    assert complaints(done, tmp_path) == [
        "%s/sub/a.inc:1: Syntax error, %s: \"x A 127.0.0\"" % (tmp_path, RDATA),
        '%s/sub/b.inc:2: unknown type: "@ BOGUS"' % tmp_path,
        'z.zone:6: Syntax error, %s: "z A 127.0.0"' % RDATA]


@pytest.mark.parametrize("name, expected", [
    ("z.zone", 'z.zone:5: $INCLUDE of a file that is being read already: "$INCLUDE z.zone"'),
    ("./z.zone", '%s:5: $INCLUDE goes deeper than 8 files: "$INCLUDE ./z.zone"' % "/".join(["{folder}", *"........", "z.zone"])),
])
def test_include_has_an_end(name, expected, tmp_path):
    """A file that includes itself is a mistake, not a loop."""
    done = check(tmp_path, HEAD + "$INCLUDE %s\n" % name)
    assert expected.replace("{folder}", str(tmp_path)) in complaints(done, tmp_path)
    assert done.returncode == 1


def test_no_file(tmp_path):
    """A zone file that is not there, or is a folder."""
    (tmp_path / "z.zone").mkdir()
    (tmp_path / "relevo.conf").write_text(CONF % "")
    command = [str(RELEVOD), "-n", "-c", "relevo.conf"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=60)
    assert complaints(done, tmp_path)[0] == "z.zone: cannot read: Is a directory"
    (tmp_path / "z.zone").rmdir()
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=60)
    assert complaints(done, tmp_path) == [
        'relevo.conf:4: zone "z.example": cannot open file z.zone: No such file or directory']
    assert done.returncode == 1


@pytest.mark.skipif(CHECKZONE is None, reason="named-checkzone (bind9-utils) is not installed")
@pytest.mark.parametrize("name", FILES)
def test_same_judgement_as_bind(name, tmp_path):
    """named-checkzone and we agree whether a zone may be served."""
    ours = check(tmp_path, FILES[name])
    theirs = subprocess.run([CHECKZONE, "z.example", "z.zone"], cwd=tmp_path, capture_output=True, text=True,
                            errors="replace", timeout=60)
    assert (ours.returncode == 0) == (theirs.returncode == 0), theirs.stdout + theirs.stderr + ours.stderr


@pytest.mark.skipif(CHECKZONE is None, reason="named-checkzone (bind9-utils) is not installed")
@pytest.mark.parametrize("zone", EXCEPTIONS, ids=list(EXCEPTIONS.values()))
def test_deliberate_differences(zone, tmp_path):
    """Where we differ we know it; when this fails, the exception has gone and its row can go."""
    ours = check(tmp_path, zone)
    theirs = subprocess.run([CHECKZONE, "z.example", "z.zone"], cwd=tmp_path, capture_output=True, timeout=60)
    assert (ours.returncode == 0) != (theirs.returncode == 0)
