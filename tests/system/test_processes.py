# SPDX-License-Identifier: BSD-2-Clause
"""Three processes and their generations: reload, crash, stop."""
import os
import signal
import socket

import dns.exception
import pytest

from relevo import ZONE, alive, descendants, failover, free_port, wait_for


def two(north, south):
    return [failover("www", north, south), failover("api", north, south, ttl="60s")]


def test_names(relevo):
    """ps shows what each process is."""
    daemon = relevo().start()
    assert [len(pids) for pids in daemon.children().values()] == [1, 1]
    assert len(descendants(daemon.process.pid)) == 2


@pytest.mark.parametrize("signum", [signal.SIGTERM, signal.SIGINT])
def test_stop(relevo, backend, signum):
    """SIGTERM and SIGINT end it cleanly: status 0, no process, no socket file."""
    daemon = relevo(services=two(backend(), backend())).start().settled()
    pids = [daemon.process.pid, *descendants(daemon.process.pid)]
    assert daemon.socket.exists()
    assert daemon.stop(signum) == 0
    wait_for(lambda: not any(map(alive, pids)), 2, "the end of all processes")
    assert not daemon.socket.exists()


def test_stop_right_after_start(relevo):
    """A stop that comes at any moment of the start is a stop."""
    for _ in range(5):
        daemon = relevo().start(wait=False)
        wait_for(lambda: descendants(daemon.process.pid) or daemon.process.poll() is not None, 5)
        assert daemon.stop() == 0
        wait_for(lambda: not daemon.socket.exists(), 2)


def test_starts_again_after_a_kill(relevo):
    """What a killed daemon left behind, such as its socket file, does not keep a new one from starting."""
    daemon = relevo().start()
    daemon.kill()
    assert daemon.socket.exists()
    daemon.start()
    assert daemon.status()["ok"]


def test_port_taken(relevo):
    """A port that cannot be had is a reason to say so and end with status 1."""
    first = relevo().start()
    second = relevo()
    second.port = first.port
    second.configure().start(wait=False)
    assert second.process.wait(timeout=10) == 1
    assert str(first.port) in second.log() and "Address already in use" in second.log()


def test_bad_configuration_at_start(relevo):
    """With a broken configuration it does not start, and says every mistake."""
    daemon = relevo(check={"interval": "0s", "fall": 99}).start(wait=False)
    assert daemon.process.wait(timeout=10) == 1
    assert "interval" in daemon.log() and "fall" in daemon.log()


def test_the_parent_outlives_nothing(relevo, backend):
    """When the parent is killed its children end as well: nobody answers for a daemon that is gone."""
    daemon = relevo(services=two(backend(), backend())).start().settled()
    children = [pid for pids in daemon.children().values() for pid in pids]
    assert len(children) == 2
    os.kill(daemon.process.pid, signal.SIGKILL)
    daemon.process.wait()
    wait_for(lambda: not any(map(alive, children)), 5, "the end of the children")


def test_broken_reload_keeps_everything(relevo, backend):
    """A reload with broken files says why, in relevoctl's answer and in the log, and changes nothing."""
    north, south = backend(), backend()
    daemon = relevo(services=two(north, south)).start().settled()
    daemon.wait_addresses([north.address])
    good_conf = daemon.conf.read_text()
    before = daemon.children()
    for what, conf, zone, complaint in (
            ("a typing mistake", good_conf.replace("interval", "intervall"), ZONE, 'did you mean "interval"'),
            ("no file at all", None, ZONE, "relevo.conf"),
            ("bad syntax", good_conf + "}", ZONE, "relevo.conf:"),
            ("a broken zone", good_conf, ZONE + "broken A 127.0.0.256\n", "zone:"),
            ("no zone", good_conf, None, "zone")):
        for path, text in ((daemon.conf, conf), (daemon.folder / "zone", zone)):
            path.unlink(missing_ok=True)
            if text is not None:
                path.write_text(text)
        seen = len(daemon.log())
        result = daemon.ctl("reload")
        assert result.returncode == 1, what
        assert complaint in result.stdout + result.stderr, what
        assert complaint in daemon.log()[seen:], what
        daemon.process.send_signal(signal.SIGHUP)
        seen = len(daemon.log())
        daemon.wait_log(complaint, since=seen)
        assert daemon.children() == before, what
        assert daemon.addresses("www") == [north.address]
    daemon.conf.write_text(good_conf)
    (daemon.folder / "zone").write_text(ZONE + "new A 127.4.0.1\n")
    assert daemon.ctl("reload").returncode == 0
    daemon.wait_addresses(["127.4.0.1"], name="new", within=1)


def test_verdicts_survive(relevo, backend):
    """Reload and kill carry verdicts over: who was down stays down without a first tier assumed in between."""
    north, south = backend(), backend()
    daemon = relevo(services=two(north, south)).start().settled()
    daemon.wait_addresses([north.address])
    north.kill()
    daemon.wait_addresses([south.address])
    seen = set()

    def through(fact):
        def look():
            try:
                seen.add(tuple(daemon.addresses("www", timeout=1)))
            except dns.exception.Timeout:
                pass				# it was in the hands of the process that was killed
            return fact()
        return look

    number = daemon.plan()["number"]
    assert daemon.ctl("reload").returncode == 0
    wait_for(through(lambda: daemon.verdict(north) == "down"))
    for child in ("health", "dns", "health"):
        killed = daemon.kill_child(child)
        wait_for(through(lambda: killed not in daemon.children()[child] and daemon.children()[child]), 10)
        wait_for(through(lambda: daemon.verdict(north) == "down"), 8)
    assert seen == {(south.address,)}
    assert daemon.plan()["number"] >= number
    north.start()
    daemon.wait_addresses([north.address], within=8)


def test_reload_adds_and_removes(relevo, backend):
    """A reload may add and remove services, members and zones; what stays keeps its verdict."""
    north, south = backend(), backend()
    daemon = relevo(services=two(north, south)).start().settled()
    daemon.wait_addresses([north.address])
    north.kill()
    daemon.wait_addresses([south.address])
    daemon.configure(services=[failover("www", north, south), failover("neu", north, south)])
    daemon.process.send_signal(signal.SIGHUP)
    wait_for(lambda: daemon.addresses("neu") == [south.address], 8)
    assert daemon.query("api").rcode() == 3
    assert daemon.addresses("www") == [south.address]


def test_reload_of_the_listeners(relevo, backend):
    """A reload may listen elsewhere: the new address answers, the old one is given back."""
    north = backend()
    daemon = relevo(services=two(north, backend())).start().settled()
    old, daemon.port = daemon.port, free_port()
    daemon.configure(services=two(north, backend()), server={"listen": [f"127.0.0.1@{daemon.port}",
                                                                             f"127.0.0.1@{old}"]})
    assert daemon.ctl("reload").returncode == 0
    assert daemon.query("static").answer and daemon.query("static", port=old).answer
    daemon.configure(services=two(north, backend()))
    assert daemon.ctl("reload").returncode == 0
    assert daemon.query("static").answer

    def given_back():
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
            try:
                s.bind(("127.0.0.1", old))
                return True
            except OSError:
                return False
    wait_for(given_back, 5)
