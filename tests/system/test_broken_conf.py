# SPDX-License-Identifier: BSD-2-Clause
"""Every mistake in a configuration is told: file, line, setting, value, expectation."""

import os
import pathlib
import subprocess

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
RELEVOD = ROOT / os.environ.get("RELEVO_BUILD", "build") / "relevod"

ZONE = """\
$ORIGIN z.example.
@ 300 IN SOA ns1 hostmaster 1 3600 600 604800 5
@ 300 IN NS ns1
ns1 300 IN A 127.0.0.1
"""

# A good file with places to put mistakes into, each on a line of its own.
BASE = """\
server = {{ listen = "127.0.0.1@5300"; {server} }};
providers = {{ aws = {{ {provider} }}; own = {{ }}; {providers} }};
checks = {{ web = {{ type = "http"; {check} }}; {checks} }};
zones = ( {{ name = "z.example"; file = "z.zone"; {zone} services = (
{{ name = "www"; check = "web"; {service} members = (
{{ provider = "aws"; address = "127.0.0.1"; {member} }} {members}
); }} {services}
); }} {zones} );
{top}
"""
PARTS = ("server", "provider", "providers", "check", "checks", "zone", "service", "member", "members",
         "services", "zones", "top")

WWW = 'zones["z.example"].services["www"]'
X = 'zones["z.example"].services["x"]'
ADDRESS_PORT = 'an address and port such as "127.0.0.1@53" or "[::1]@53"'
DURATION = 'a duration such as "5s" (units ms s m h d)'
NETWORK = 'a network such as "127.0.0.0/8" or "::1/128"'


def base(**parts):
    return BASE.format(**{**dict.fromkeys(PARTS, ""), **parts})


def x_service(settings, member='provider = "own"; address = "127.0.0.1";'):
    """A second service, "x", on line 7."""
    return base(services=', { name = "x"; check = "web"; %s members = { %s }; }' % (settings, member))


def lines(n, *texts):
    return ["relevo.conf:%d: %s" % (n, text) for text in texts]


# name: (text of relevo.conf, expected lines on stderr)
BROKEN = {
    # the file and its syntax
    "syntax": ("a = 1;\nb = ;\n", ["relevo.conf:2: syntax error"]),
    "duplicate setting": (base(server="workers = 1; workers = 2;"), ["relevo.conf:1: duplicate setting name"]),
    "unbalanced": ("server = {\n", ["relevo.conf:2: syntax error"]),
    "string without end": (base(top='a = "b'), ["relevo.conf:9: a string without its closing quote"]),
    "comment without end": ("/* a\n*/\n/* b\n", ["relevo.conf:3: a comment without its end"]),
    "mixed array": (base(server='operators = [ "::1", 5 ];'), ["relevo.conf:1: mismatched element type in array"]),
    "nul": ("server = { };\n# \0\n", ["relevo.conf:2: a NUL octet"]),
    "too deep": ("a = " + "(" * 20000 + ")" * 20000 + ";\n", ["relevo.conf:1: memory exhausted"]),
    "empty": ("", ["relevo.conf: zones: missing; expected a list of groups: ( { ... }, { ... } )"]),
    "no zones": ("zones = ( );\n", [
        "relevo.conf:1: zones: an empty list; expected at least one: a list of groups: ( { ... }, { ... } )"]),
    # unknown settings
    "unknown, near": (base(check='intervall = "5s";'),
                      lines(3, 'checks.web.intervall: unknown setting; did you mean "interval"?')),
    "unknown, far": (base(member="preference = 5;"),
                     lines(6, WWW + '.members["aws"].preference: unknown setting')),
    "unknown, top": (base(top='zone = "x";'), lines(9, 'zone: unknown setting; did you mean "zones"?')),
    "unknown, no name": (base(services=', { nam = "x"; check = "web"; members = { provider = "own"; '
                                       'address = "::1"; }; }'),
                         lines(7, 'zones["z.example"].services[2].nam: unknown setting; did you mean "name"?',
                               'zones["z.example"].services[2].name: missing; expected a name in the zone')),
    # kinds of values
    "duration below": (base(check='interval = "0s";'), lines(3, 'checks.web.interval: "0s" is not 100ms to 1h')),
    "duration above": (base(check='timeout = "2m";'), lines(3, 'checks.web.timeout: "2m" is not 10ms to 1m')),
    "duration without unit": (base(check='interval = "5";'),
                              lines(3, 'checks.web.interval: "5" is not %s, 100ms to 1h' % DURATION)),
    "duration as number": (base(check="interval = 5;"),
                           lines(3, "checks.web.interval: 5 is not %s, 100ms to 1h" % DURATION)),
    "ttl in parts": (base(service='ttl = "1500ms";'), lines(5, WWW + '.ttl: "1500ms" is not whole seconds, 0s to 7d')),
    "number above": (base(check="fall = 21;"), lines(3, "checks.web.fall: 21 is not 1 to 20")),
    "number negative": (base(member="weight = -1;"), lines(6, WWW + '.members["aws"].weight: -1 is not 1 to 255')),
    "number of 33 bits": (base(server="tcp_clients = 4294967297;"),
                          lines(1, "server.tcp_clients: 4294967297 is not 1 to 100000")),
    "number in part": (base(check="rise = 1.5;"), lines(3, "checks.web.rise: 1.5 is not a whole number, 1 to 20")),
    "number as text": (base(check='rise = "2";'), lines(3, 'checks.web.rise: "2" is not a whole number, 1 to 20')),
    "boolean as text": (base(server='hide_version = "yes";'),
                        lines(1, 'server.hide_version: "yes" is not true or false')),
    "word": (base(service='answer = "al";'),
             lines(5, WWW + '.answer: "al" is not "all", "weighted" or "sticky"')),
    "string too long": (base(provider='label = "%s";' % ("x" * 200)),
                        lines(2, 'providers.aws.label: "%s..." is not 1 to 64 characters' % ("x" * 100))),
    "control character": (base(provider=r'label = "a\nb";'),
                          lines(2, r'providers.aws.label: "a\x0ab" is not text without control characters, '
                                   '1 to 64 characters')),
    "group for string": (base(server="identity = { };"),
                         lines(1, "server.identity: a group is not a string, 1 to 128 characters")),
    "string for group": (base(top="", providers='b = "B";'), lines(2, 'providers.b: "B" is not a group: { ... }')),
    "string for list of groups": ('zones = "z";\n',
                                  lines(1, 'zones: "z" is not a list of groups: ( { ... }, { ... } )')),
    # server
    "listen": ('server = { listen = [ "127.0.0.1:53", "::1@0" ]; };\nzones = { name = "z"; file = "z"; };\n',
               lines(1, 'server.listen: "127.0.0.1:53" is not ' + ADDRESS_PORT,
                     'server.listen: "::1@0" is not ' + ADDRESS_PORT)),
    "listen twice": ('server = { listen = [ "127.0.0.1",\n"127.0.0.1@53" ]; };\nzones = { name = "z"; file = "z"; };\n',
                     lines(2, 'server.listen: "127.0.0.1@53" is written twice')),
    "listen to nothing": ('server = { listen = [ ]; };\nzones = { name = "z"; file = "z"; };\n',
                          lines(1, "server.listen: an empty list; expected at least one: " + ADDRESS_PORT)),
    "too many workers": ('server = { listen = [ "127.0.0.1", "127.0.0.2" ];\nworkers = 61; };\n'
                         'zones = { name = "z"; file = "z"; };\n',
                         lines(2, "server.workers: 61 workers on each of 2 listen addresses are more than 120 in all")),
    "network": (base(server='operators = [ "127.0.0.1/8", "::1/129", "localhost" ];'),
                lines(1, 'server.operators: "127.0.0.1/8" is not %s: bits of the host are set' % NETWORK,
                      'server.operators: "::1/129" is not ' + NETWORK,
                      'server.operators: "localhost" is not ' + NETWORK)),
    "http": (base(server='http = "8053";'),
             lines(1, 'server.http: "8053" is not an address and port such as "127.0.0.1@8053" or "[::1]@8053"')),
    "control path": (base(server='control = "/run/%s.sock";' % ("x" * 100)),
                     lines(1, 'server.control: "/run/{0}..." is not a path of at most 107 octets: '
                              '"/run/{1}.sock" has 110'.format("x" * 95, "x" * 100))),
    # checks
    "check type": (base(checks='a = { type = "htp"; }; b = { };'),
                   lines(3, 'checks.a.type: "htp" is not "tcp", "http" or "https"',
                         'checks.b.type: missing; expected "tcp", "http" or "https"')),
    "setting of another type": (base(checks='a = { type = "tcp"; path = "/"; };', check='sni = "x";'),
                                lines(3, 'checks.web.sni: not for a check of type "http"',
                                      'checks.a.path: not for a check of type "tcp"')),
    "recheck": (base(check='interval = "1s"; recheck = "2s";'),
                lines(3, 'checks.web.recheck: "2s" is above interval, "1s"')),
    "url path": (base(check='path = "healthz";'),
                 lines(3, 'checks.web.path: "healthz" is not a path that begins with /')),
    "status": (base(check="status = [ 20, 200 ];"), lines(3, "checks.web.status: 20 is not 100 to 599")),
    "body": (base(check='body = "(";'),
             lines(3, r'checks.web.body: "(" is not a regular expression: Unmatched ( or \(')),
    "headers": (base(check=r'headers = [ "X", "A b: c", "A: b\r\nC: d" ];'),
                lines(3, 'checks.web.headers: "X" is not a header such as "Name: value"',
                      'checks.web.headers: "A b: c" is not a header such as "Name: value"',
                      r'checks.web.headers: "A: b\x0d\x0aC: d" is not a header such as "Name: value": '
                      'it has control characters')),
    "ca file": (base(check='ca_file = "none.pem";'),
                lines(3, 'checks.web.ca_file: "none.pem" is not a file that can be read: No such file or directory')),
    "name of a check": (base(checks=("a" * 64) + ' = { type = "http"; };'),
                        lines(3, "checks.%s: the name is longer than 63 characters" % ("a" * 64))),
    # zones and services
    "zone without file": (base(zones=', { name = "y.example"; }'),
                          lines(8, 'zones["y.example"].file: missing; expected a path')),
    "zone twice": (base(zones=', { name = "Z.Example."; file = "z.zone"; }'),
                   lines(8, 'zones["Z.Example."].name: "Z.Example." is already a zone at relevo.conf:4')),
    "zone name": (base(zones=', { name = "*.y"; file = "z.zone"; }, { name = "a..b"; file = "z.zone"; }'),
                  lines(8, 'zones["*.y"].name: "*.y" is not a domain name: a zone has no wildcard in its name',
                        'zones["a..b"].name: "a..b" is not a domain name: a label is empty')),
    "service twice": (base(services=', { name = "WWW"; check = "web"; members = { provider = "own"; '
                                    'address = "::1"; }; }'),
                      lines(7, 'zones["z.example"].services["WWW"].name: "WWW" is already a service at relevo.conf:5')),
    "service names": (base(services="".join(', { name = "%s"; check = "web"; members = { provider = "own"; '
                                            'address = "::1"; }; }' % name
                                            for name in ("a.", "a.*", "a" * 64, "\\\\256"))),
                      lines(7, 'zones["z.example"].services["a."].name: "a." is not a name in the zone: '
                               "it ends with a dot, but is relative to the zone",
                            'zones["z.example"].services["a.*"].name: "a.*" is not a name in the zone: '
                            "a wildcard can only be its first label",
                            'zones["z.example"].services["{0}"].name: "{0}" is not a name in the zone: '
                            "a label is longer than 63 octets".format("a" * 64),
                            'zones["z.example"].services["\\256"].name: "\\\\256" is not a name in the zone: '
                            "an escape is not \\DDD or \\X")),
    "name too long with its zone": (base(services=', { name = "%s"; check = "web"; members = { provider = "own"; '
                                                  'address = "::1"; }; }' % ".".join(["abc"] * 62)),
                                    lines(7, 'zones["z.example"].services["{0}"].name: "{0}..." is not a name in '
                                             "the zone: it is longer than 255 octets"
                                          .format(".".join(["abc"] * 62)[:100]))),
    "check unknown": (base(services=', { name = "x"; check = "wbe"; members = { provider = "own"; '
                                    'address = "::1"; }; }'),
                      lines(7, X + '.check: "wbe" is not the name of a check; did you mean "web"?')),
    "suspect": (base(service='ttl = "3s"; ttl_suspect = "4s";'),
                lines(5, WWW + '.ttl_suspect: "4s" is above ttl, "3s"')),
    "all down": (base(service='all_down = "serv-all";'),
                 lines(5, WWW + '.all_down: "serv-all" is not "serve-all", "last", "nodata" or a list of providers')),
    "all down, strangers": (base(service='all_down = [ "own", "hetzner" ];'),
                            lines(5, WWW + '.all_down: "hetzner" is not the name of a provider')),
    "all down, no member": (base(service='all_down = [ "aws", "own" ];'),
                            lines(5, WWW + '.all_down: "own" is not the provider of a member of the service')),
    "no members": (base(services=', { name = "x"; check = "web"; }, { name = "y"; check = "web"; members = ( ); }'),
                   lines(7, X + ".members: missing; expected a list of groups: ( { ... }, { ... } )",
                         'zones["z.example"].services["y"].members: an empty list; expected at least one: '
                         "a list of groups: ( { ... }, { ... } )")),
    # members
    "provider unknown": (x_service("", 'provider = "awz"; address = "::1";'),
                         lines(7, X + '.members.provider: "awz" is not the name of a provider; '
                                      'did you mean "aws"?')),
    "addresses": (x_service("", 'provider = "own"; address = [ "127.0.0.256", "0.0.0.0", "::ffff:127.0.0.1", "ff02::1" ];'),
                  lines(7, *[X + '.members.address: "%s" is not the IPv4 or IPv6 address of a host' % a
                             for a in ("127.0.0.256", "0.0.0.0", "::ffff:127.0.0.1", "ff02::1")])),
    "address twice": (base(members=', { provider = "own"; address = "127.0.0.1"; }'),
                      lines(6, WWW + '.members["own"].address: "127.0.0.1" is already an address of the service '
                                     "at relevo.conf:6")),
    "no address": (x_service("", 'provider = "own";'), lines(7, X + ".members.address: missing; expected address or cname")),
    "no provider": (base(members=', { address = "::1"; }'),
                    lines(6, WWW + ".members[2].provider: missing; expected a provider")),
    "cname and address": (base(member='cname = "lb";'),
                          lines(6, WWW + '.members["aws"].cname: a member has cname or address, not both')),
    "cname beside address": (base(members=', { provider = "own"; cname = "lb"; }'),
                             lines(6, WWW + '.members["own"].cname: tier 1 has a member with address at relevo.conf:6; '
                                            "cname and address do not mix")),
    "cname at the apex": (base(services=', { name = "@"; check = "web"; members = { provider = "own"; '
                                        'cname = "lb"; }; }'),
                          lines(7, 'zones["z.example"].services["@"].members.cname: the zone\'s apex cannot be a cname')),
    "cname and records": (x_service("", 'provider = "own"; cname = "lb"; records = "MX 10 a";'),
                          lines(7, X + ".members.records: a member with cname has no other records")),
    "cname without dot": (x_service("", 'provider = "own"; cname = "lb.example.net";'),
                          lines(7, X + '.members.cname: "lb.example.net" is not a name with its final dot; '
                                       'did you mean "lb.example.net."?')),
    "records": (base(member='records = [ "MX", "A 127.0.0.1", "cname x", "300 MX 10 a" ];'),
                lines(6, *[WWW + '.members["aws"].records: ' + text for text in (
                    '"MX" is not a record such as "MX 10 mail"',
                    '"A 127.0.0.1" is not a record that a member can have: not of type A',
                    '"cname x" is not a record that a member can have: not of type CNAME',
                    '"300 MX 10 a" is not a record such as "MX 10 mail"')])),
    "no port": (base(checks='db = { type = "tcp"; };',
                     services=', { name = "x"; check = "db"; members = ( { provider = "own"; address = "::1"; } ); }'),
                lines(7, X + '.members["own"].address: a port is missing: neither the member nor check "db" has one')),
    "all at once": (base(server="workers = 65;", check="fall = 0;", service='ttl = "8d";', member="tier = 101;"),
                    lines(1, "server.workers: 65 is not 0 to 64") + lines(3, "checks.web.fall: 0 is not 1 to 20")
                    + lines(5, WWW + '.ttl: "8d" is not 0s to 7d')
                    + lines(6, WWW + '.members["aws"].tier: 101 is not 1 to 100')),
}

GOOD = {
    "as it is": base(),
    "scalars for lists": base(server='operators = "::1";', check="status = 204;", service='all_down = "aws";'),
    "shared address": base(services=', { name = "*.x"; check = "web"; members = { provider = "own"; '
                                    'address = [ "127.0.0.1", "::1" ]; }; }'),
    "cname as backup": base(members=', { provider = "own"; cname = "lb.example.net."; tier = 2; }'),
    "ports": base(checks='db = { type = "tcp"; };',
                  services=', { name = "x"; check = "db"; members = { provider = "own"; address = "::1"; port = 5; }; }'),
    "comments": "/* { */ # {\n// {\n" + base(),
}


def check(folder, name="relevo.conf"):
    return subprocess.run([str(RELEVOD), "-n", "-c", name], cwd=folder, capture_output=True, text=True,
                          errors="surrogateescape", timeout=60)


def write(folder, **files):
    (folder / "z.zone").write_text(ZONE)
    for name, text in files.items():
        (folder / name.replace("_", ".")).write_text(text)


@pytest.mark.parametrize("name", BROKEN)
def test_mistakes_are_told(name, tmp_path):
    """A broken file: exactly these lines, exit status 1."""
    text, expected = BROKEN[name]
    write(tmp_path, relevo_conf=text)
    done = check(tmp_path)
    assert done.stderr.splitlines() == expected
    assert (done.returncode, done.stdout) == (1, "")


@pytest.mark.parametrize("name", GOOD)
def test_good_files_are_silent(name, tmp_path):
    """A good file: not a word, exit status 0."""
    write(tmp_path, relevo_conf=GOOD[name])
    done = check(tmp_path)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_sample_is_good():
    """The shipped sample is good from the project's root."""
    done = check(ROOT, "conf/relevo.conf")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_warning_keeps_the_file(tmp_path):
    """A service that repeats its zone's name is probably not what was meant, but is good."""
    write(tmp_path, relevo_conf=base(services=', { name = "x.z.example"; check = "web"; members = '
                                              '{ provider = "own"; address = "::1"; }; }'))
    done = check(tmp_path)
    assert done.stderr.splitlines() == [
        'relevo.conf:7: warning: zones["z.example"].services["x.z.example"].name: "x.z.example" is relative '
        "to the zone: this is x.z.example.z.example"]
    assert done.returncode == 0


@pytest.mark.parametrize("include, expected", [
    ("none.conf", 'relevo.conf:2: @include "{f}none.conf": No such file or directory'),
    (".", 'relevo.conf:2: @include "{f}.": Is a directory'),
    ("relevo.conf", '{f}relevo.conf:2: @include "{f}relevo.conf": more than 10 files deep'),
    ("syntax.conf", "{f}syntax.conf:2: syntax error"),
    ("bad.conf", '{f}bad.conf:2: checks.a.fall: 0 is not 1 to 20'),
    ("/nonexistent/a.conf", 'relevo.conf:2: @include "/nonexistent/a.conf": No such file or directory'),
])
def test_included_files_are_named(include, expected, tmp_path):
    """A mistake in an included file, or in including it, names that file."""
    write(tmp_path, syntax_conf="a = 1;\nb = = 2;\n", bad_conf='checks = {\na = { type = "http"; fall = 0; };\n};\n',
          relevo_conf='providers = { };\n@include "%s"\nzones = { name = "z.example"; file = "z.zone"; };\n' % include)
    done = check(tmp_path)
    assert done.stderr.splitlines() == [expected.format(f="")]
    assert done.returncode == 1


def test_line_after_include(tmp_path):
    """Behind an @include the lines are again those of the including file."""
    write(tmp_path, inc_conf="providers = { };\n\n\n",
          relevo_conf='@include "inc.conf"\n\nzones = { name = "z.example"; file = "z.zone";\nheath = 1; };\n')
    assert check(tmp_path).stderr.splitlines() == [
        'relevo.conf:4: zones.heath: unknown setting; did you mean "health"?']


def test_names_as_given(tmp_path):
    """Complaints name the file as the command line does, and included files from the same folder."""
    write(tmp_path, relevo_conf='@include "inc.conf"\nzones = 1;\n', inc_conf="x = 1;\n")
    path = str(tmp_path / "relevo.conf")
    assert check("/", path).stderr.splitlines() == [
        "%s/inc.conf:1: x: unknown setting" % tmp_path,
        "%s:2: zones: 1 is not a list of groups: ( { ... }, { ... } )" % path]


def test_no_file(tmp_path):
    """A configuration that is not there, or is a folder."""
    assert check(tmp_path, "none.conf").stderr.splitlines() == ["none.conf: No such file or directory"]
    assert check(tmp_path, ".").stderr.splitlines() == [".: Is a directory"]
    assert check(tmp_path, ".").returncode == 1


@pytest.mark.skipif(os.geteuid() != 0, reason="only root becomes somebody else")
def test_user(tmp_path):
    """The user to become must exist."""
    write(tmp_path, relevo_conf=base(server='user = "no-such-user";'))
    assert check(tmp_path).stderr.splitlines() == [
        'relevo.conf:1: server.user: "no-such-user" is not a user of this machine']
