# SPDX-License-Identifier: BSD-2-Clause
"""Whatever went wrong is over when its cause is: nothing stays stuck, nothing waits for a restart."""
import json
import os
import shutil
import signal
import socket
import struct
import subprocess
import threading
import time
from contextlib import contextmanager

import dns.exception
import dns.message
import pytest

from relevo import BUILD, SLOW, ZONE, addresses, alive, descendants, end_with_parent, failover, wait_for


def new_zone(n):
    return ZONE + f"new A 127.6.0.{n}\n"


def answered(daemon, name):
    """The addresses of a name, or nothing while nobody answers."""
    try:
        return daemon.addresses(name, timeout=0.3 * SLOW)
    except dns.exception.Timeout:
        return None


def wait_new_zone(daemon, n, within=5):
    wait_for(lambda: answered(daemon, "new") == [f"127.6.0.{n}"], within, f"zone {n}")


# --- a log that nobody reads -------------------------------------------------------------

def start_into_pipe(daemon):
    """Start with a pipe for a log; its two ends, of which the writing one does not block."""
    reader, writer = os.pipe()
    daemon.process = subprocess.Popen([daemon.binary, "-c", daemon.conf], stdin=subprocess.DEVNULL, stdout=writer,
                                      stderr=writer, start_new_session=True, cwd=daemon.folder,
                                      preexec_fn=end_with_parent)
    # Opened anew: O_NONBLOCK on ours is not O_NONBLOCK on the daemon's.
    ours = os.open(f"/proc/self/fd/{writer}", os.O_WRONLY | os.O_NONBLOCK)
    os.close(writer)
    wait_for(daemon.answers, 10, "relevod answering")
    daemon.settled()
    return reader, ours


def fill(pipe):
    for size in (4096, 1):
        try:
            while True:
                os.write(pipe, b"x" * size)
        except BlockingIOError:
            pass


@pytest.mark.parametrize("state", ["full", "closed"])
def test_log_that_nobody_reads(relevo, backend, state):
    """A log that is full, or whose reader is gone, stops nothing: no shift, no restart, no reload, no end."""
    north, south = backend(), backend()
    daemon = relevo(services=[failover("www", north, south)])
    reader, writer = start_into_pipe(daemon)
    try:
        daemon.wait_addresses([north.address])
        if state == "full":
            fill(writer)
        else:
            os.close(reader)
            reader = None
        north.kill()
        wait_for(lambda: answered(daemon, "www") == [south.address], 5, "the shift")
        for child in ("dns", "health"):
            killed = daemon.kill_child(child)
            wait_for(lambda: daemon.children()[child] not in ([], [killed]), 5, f"a new {child}")
            wait_for(lambda: answered(daemon, "www") == [south.address], 5, "answers")
            wait_for(daemon.status, 5, "status")
        assert daemon.ctl("reload").returncode == 0
        north.start()
        wait_for(lambda: answered(daemon, "www") == [north.address], 8, "the way back")
        pids = [daemon.process.pid, *descendants(daemon.process.pid)]
        assert daemon.stop() == 0
        wait_for(lambda: not any(map(alive, pids)), 2, "the end of all processes")
    finally:
        for fd in (reader, writer):
            if fd is not None:
                os.close(fd)


# --- reloads -----------------------------------------------------------------------------

def kill_into_pause(daemon, names, pauses=5):
    """Kill these children as soon as they live, until their next start is more than a second away."""
    since = len(daemon.log())

    def seen(name):
        return sum(f"the {name} process" in line and "after a pause" in line
                   for line in daemon.log()[since:].splitlines())

    def look():
        for name in names:
            for pid in daemon.children()[name] if seen(name) < pauses else []:
                try:
                    os.kill(pid, signal.SIGKILL)
                except ProcessLookupError:
                    pass
        return all(seen(name) >= pauses for name in names)

    wait_for(look, 10, "a pause")
    assert not any(daemon.children()[name] for name in names)


@pytest.mark.parametrize("dead", [["dns"], ["health"], ["dns", "health"]], ids=lambda dead: "+".join(dead))
def test_reload_while_children_are_dead(relevo, backend, dead):
    """A reload while a child is dead, because its restart is delayed, brings a new one and ends like any other."""
    north = backend()
    daemon = relevo(services=[failover("www", north, backend())]).start().settled()
    daemon.wait_addresses([north.address])
    kill_into_pause(daemon, dead)
    (daemon.folder / "zone").write_text(new_zone(1))
    if "health" in dead:
        daemon.process.send_signal(signal.SIGHUP)
    else:
        assert daemon.ctl("reload").returncode == 0
    wait_new_zone(daemon, 1)
    wait_for(daemon.status, 10, "status")
    for n in (2, 3):
        (daemon.folder / "zone").write_text(new_zone(n))
        assert daemon.ctl("reload").returncode == 0
        wait_new_zone(daemon, n, within=1)
    daemon.wait_addresses([north.address])
    wait_for(lambda: list(map(len, daemon.children().values())) == [1, 1], 5, "one child of each kind")


@contextmanager
def unreadable(path, kind):
    """For a while, something in the place of a file that can be opened, and never read to its end."""
    good = path.read_bytes()
    path.unlink()
    if kind == "fifo":
        os.mkfifo(path)
    elif kind == "device":
        path.symlink_to("/dev/zero")
    else:
        path.mkdir()
    try:
        yield
    finally:
        path.rmdir() if kind == "folder" else path.unlink()
        path.write_bytes(good)


@pytest.mark.parametrize("kind", ["fifo", "device", "folder"])
@pytest.mark.parametrize("which", ["odd.zone", "included.zone", "relevo.conf", "included.conf"])
def test_files_that_never_end(relevo, backend, which, kind):
    """A FIFO, a device or a folder instead of a file is a complaint that names it, and blocks no later reload."""
    north = backend()
    daemon = relevo(services=[failover("www", north, backend())], zone_settings={"file": "odd.zone"})
    (daemon.folder / "odd.zone").write_text(ZONE + "$INCLUDE included.zone\n")
    (daemon.folder / "included.zone").write_text("new A 127.6.0.1\n")
    (daemon.folder / "included.conf").write_text("")
    daemon.conf.write_text(daemon.conf.read_text() + '@include "included.conf"\n')
    daemon.start().settled()
    daemon.wait_addresses([north.address])
    before = daemon.children()
    seen = len(daemon.log())
    with unreadable(daemon.folder / which, kind):
        daemon.process.send_signal(signal.SIGHUP)
        wait_for(lambda: "reload refused" in daemon.log()[seen:], 10, "the refusal")
        assert which in daemon.log()[seen:]
        result = daemon.ctl("reload")
        assert result.returncode == 1 and which in result.stdout + result.stderr
        assert daemon.children() == before
        assert daemon.addresses("new") == ["127.6.0.1"]
    (daemon.folder / "included.zone").write_text("new A 127.6.0.2\n")
    assert daemon.ctl("reload").returncode == 0
    wait_new_zone(daemon, 2, within=1)


def test_control_folder_removed(relevo, backend):
    """A reload makes the control socket anew, with its folder, when somebody has removed it."""
    daemon = relevo()
    daemon.socket = daemon.folder / "run" / "relevo.sock"
    daemon.configure(services=[failover("www", backend(), backend())]).start().settled()
    shutil.rmtree(daemon.socket.parent)
    assert daemon.ctl("status").returncode == 3
    (daemon.folder / "zone").write_text(new_zone(1))
    daemon.process.send_signal(signal.SIGHUP)
    wait_new_zone(daemon, 1)
    wait_for(daemon.status, 5, "status through the new socket")
    assert os.stat(daemon.socket).st_mode & 0o007 == 0
    (daemon.folder / "zone").write_text(new_zone(2))
    assert daemon.ctl("reload").returncode == 0
    wait_new_zone(daemon, 2, within=1)
    assert daemon.stop() == 0
    assert not daemon.socket.exists()


# --- nothing is lost on the way ----------------------------------------------------------

class Askers:
    """Threads that connect, ask once and close, over and over; a thread may think before it asks."""

    def __init__(self, daemon, thinking):
        self.daemon = daemon
        self.over = threading.Event()
        self.asked, self.failures = 0, []
        self.threads = [threading.Thread(target=self.run, args=(seconds, addresses.new())) for seconds in thinking]

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self.over.set()
        for thread in self.threads:
            thread.join()

    def run(self, thinks, address):
        query = dns.message.make_query("static.gslb.example.com", "A").to_wire()
        while not self.over.is_set():
            begin = time.monotonic()
            try:
                self.ask(query, thinks, address)
            except (OSError, AssertionError) as e:
                self.failures.append(f"{e!r} after {time.monotonic() - begin:.3f} s, thinking {thinks}")
            self.asked += 1

    def ask(self, query, thinks, address):
        to = (self.daemon.address, self.daemon.port)
        with socket.create_connection(to, 5 * SLOW, (address, 0)) as s, s.makefile("rb") as replies:
            if thinks:
                time.sleep(thinks)
            s.sendall(struct.pack("!H", len(query)) + query)
            head = replies.read(2)
            assert len(head) == 2, "closed without a reply"
            reply = replies.read(struct.unpack("!H", head)[0])
            assert dns.message.from_wire(reply).answer[0][0].address == "127.1.1.1"


def test_reload_loses_no_tcp_query(relevo, backend):
    """Who connects, asks and closes gets an answer each time, whatever is reloaded meanwhile."""
    daemon = relevo(services=[failover("www", backend(), backend())]).start().settled()
    with Askers(daemon, [0, 0, 0, 0.005, 0.02, 0.1]) as askers:
        for n in range(5):
            (daemon.folder / "zone").write_text(new_zone(n + 1))
            assert daemon.ctl("reload").returncode == 0
            wait_new_zone(daemon, n + 1, within=1)
            before = askers.asked
            wait_for(lambda: askers.asked > before + 100, 5, "more questions")
    assert not askers.failures, f"{len(askers.failures)} of {askers.asked}: {askers.failures[:10]}"


def test_fewer_workers_lose_nothing(relevo, backend):
    """Fewer workers after a reload: the sockets that go have nothing unanswered in them."""
    rate, seconds, services = 2000 / (1 if SLOW == 1 else 4), 10, [failover("www", backend(), backend())]
    daemon = relevo(services=services, server={"workers": 4}).start().settled()
    with subprocess.Popen([BUILD / "tests/system/steady", daemon.address, str(daemon.port), str(rate), str(seconds),
                           "static.gslb.example.com=127.1.1.1"], stdout=subprocess.PIPE, text=True,
                          preexec_fn=end_with_parent) as stream:
        lowered = 0
        begin = time.monotonic()
        while time.monotonic() - begin < seconds - 2:
            for workers in (4, 1):
                daemon.configure(services=services, server={"workers": workers})
                assert daemon.ctl("reload").returncode == 0
            lowered += 1
        result = json.loads(stream.communicate(timeout=60 * SLOW)[0])
    print(f"lowered {lowered} times: {result}")
    assert lowered >= 3
    assert result["wrong"] == 0 and result["answered"] == result["asked"]
    assert result["first_try_unanswered"] == 0


def test_ten_thousand_mistakes(relevo, backend):
    """Files with more mistakes than anybody reads are refused at once, and hold up nothing."""
    north, south = backend(), backend()
    daemon = relevo(services=[failover("www", north, south)]).start().settled()
    good = daemon.conf.read_text()
    many = ", ".join('{ name = "z%d.example"; file = "missing%d"; }' % (i, i) for i in range(10000))
    daemon.conf.write_text("server = { listen = \"127.0.0.1@1\"; };\nzones = ( %s );\n" % many)
    refused = daemon.ctl("reload")
    daemon.conf.write_text(good)
    assert refused.returncode == 1
    assert "missing7" in refused.stdout + refused.stderr
    assert daemon.ctl("reload").returncode == 0
    daemon.wait_addresses([north.address])
