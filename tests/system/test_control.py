# SPDX-License-Identifier: BSD-2-Clause
"""relevoctl: what an operator does with a running daemon."""
import json
import os
import socket
import subprocess

import pytest

from relevo import BUILD, SLOW, failover, wait_for


@pytest.fixture
def daemon(relevo, backend):
    north, south = backend(), backend()
    daemon = relevo(services=[failover("www", north, south)]).start().settled()
    daemon.north, daemon.south = north, south
    daemon.wait_addresses([north.address])
    return daemon


def test_status(daemon):
    """status is a table: services, who serves, targets and their verdicts."""
    daemon.wait_verdict(daemon.south, "up")
    result = daemon.ctl("status")
    assert result.returncode == 0 and result.stderr == ""
    for word in ("www", "north", "south", daemon.north.address, daemon.south.address, "up", "web"):
        assert word in result.stdout
    assert "\x1b" not in result.stdout, "colours are for terminals"


def test_status_json(daemon):
    """status -j is one JSON object with all of it."""
    daemon.wait_verdict(daemon.south, "up")
    status = json.loads(daemon.ctl("-j", "status").stdout)
    assert status["ok"] is True
    assert status["version"] and status["plan"]["number"] >= 1 and "generation" in status
    assert {(t["check"], t["verdict"], t["outcome"]) for t in status["targets"]} == {("web", "up", "good")}
    service, = status["services"]
    assert service["name"] == "www.gslb.example.com" and service["tier"] == 1 and service["reason"] == "tier"
    assert [(m["provider"], m["tier"], m["verdict"], m["serving"]) for m in service["members"]] == [
        ("north", 1, "up", True), ("south", 2, "up", False)]
    assert status["counters"]["udp_queries"] >= 1


def test_status_follows(daemon):
    """status says at once what a failure changed, and why."""
    daemon.north.kill()
    daemon.wait_addresses([daemon.south.address])
    target = daemon.target(daemon.north)
    assert (target["verdict"], target["outcome"]) == ("down", "refused")
    service = daemon.service("www")
    assert service["tier"] == 2 and [m["serving"] for m in service["members"]] == [False, True]


def test_reload(daemon):
    """reload answers when the new generation serves."""
    generation = daemon.status()["generation"]
    assert daemon.ctl("reload").returncode == 0
    assert wait_for(daemon.status)["generation"] > generation


def test_reload_json(daemon):
    """-j reload tells success and failure as JSON, with the complaints."""
    assert json.loads(daemon.ctl("-j", "reload").stdout)["ok"] is True
    daemon.conf.write_text(daemon.conf.read_text().replace("fall = 3", "fall = 99"))
    result = daemon.ctl("-j", "reload")
    assert result.returncode == 1
    assert json.loads(result.stdout)["ok"] is False and "fall" in result.stdout


def test_stop(daemon):
    """stop ends the daemon; afterwards relevoctl says that nobody is there, with status 3."""
    assert daemon.ctl("stop").returncode == 0
    assert daemon.process.wait(timeout=10 * SLOW) == 0
    result = daemon.ctl("status")
    assert result.returncode == 3 and str(daemon.socket) in result.stderr


def test_finds_the_socket_by_the_configuration(daemon):
    """-c FILE finds the daemon by its configuration."""
    result = subprocess.run([BUILD / "relevoctl", "-c", daemon.conf, "-j", "status"], capture_output=True, text=True)
    assert result.returncode == 0 and json.loads(result.stdout)["ok"]


@pytest.mark.parametrize("args", [[], ["nonsense"], ["-x"], ["status", "more"], ["-s"]])
def test_usage(args):
    """A command line that makes no sense is status 2 and a word of help."""
    result = subprocess.run([BUILD / "relevoctl", *args], capture_output=True, text=True)
    assert result.returncode == 2 and result.stderr


def test_help_and_version():
    """help and -v go to stdout, status 0."""
    for args, word in ((["help"], "reload"), (["-h"], "reload"), (["-v"], "relevo")):
        result = subprocess.run([BUILD / "relevoctl", *args], capture_output=True, text=True)
        assert result.returncode == 0 and word in result.stdout


# --- the socket, spoken to directly ------------------------------------------------------

def connect(daemon):
    s = socket.socket(socket.AF_UNIX)
    s.settimeout(5 * SLOW)
    s.connect(str(daemon.socket))
    return s


def closed(s, within):
    s.settimeout(within * SLOW)
    try:
        while s.recv(65536):
            pass
        return True
    except (ConnectionResetError, BrokenPipeError):
        return True
    except socket.timeout:
        return False


@pytest.mark.parametrize("line", [b"hello\n", b"{}\n", b"[]\n", b'{"command": "nonsense"}\n', b'{"command": 3}\n',
                                  b'{"command":\n', b"\0\xff\xfe\n", b"\n", b'"' + b"x" * 2000 + b'"\n'])
def test_garbage_gets_an_error(daemon, line):
    """What is no command gets an error, and the next command its answer."""
    with connect(daemon) as s, s.makefile("rb") as replies:
        s.sendall(line)
        reply = json.loads(replies.readline())
        assert reply["ok"] is False and reply["error"]
    assert daemon.status()["ok"]


def test_endless_line(daemon):
    """A line without end is cut."""
    with connect(daemon) as s:
        try:
            s.sendall(b"x" * (1 << 20))
        except OSError:
            pass
        assert closed(s, 5)
    assert daemon.status()["ok"]


def test_many_clients(daemon):
    """Idle clients do not keep an operator out for long, and a slow reader keeps nobody."""
    clients = [connect(daemon)]
    try:
        for _ in range(200):
            clients[0].sendall(b'{"command": "status"}\n')
    except OSError:
        pass
    try:
        clients += [connect(daemon) for _ in range(40)]
    except BlockingIOError:
        pass					# not even a place to wait
    wait_for(lambda: daemon.status().get("ok"), 20, "room for an operator")
    for s in clients:
        s.close()
    assert daemon.addresses("www") == [daemon.north.address]


def test_socket_is_for_the_owner_only(daemon):
    """Other users cannot connect to the control socket."""
    assert os.stat(daemon.socket).st_mode & 0o007 == 0
