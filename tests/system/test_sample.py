# SPDX-License-Identifier: BSD-2-Clause
"""The shipped sample, and what `make run` does with it."""
import os
import shutil
import signal
import socket
import subprocess

import dns.message
import dns.exception
import dns.query
import pytest

from relevo import BUILD, ROOT, SLOW, alive, descendants, end_with_parent, wait_for

PORTS = [("127.0.0.1", 5300), ("127.0.0.11", 8080), ("127.0.0.12", 8080)]


def free(where):
    with socket.socket() as s:
        s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            s.bind(where)
            return True
        except OSError:
            return False


def test_sample_is_good():
    """The shipped sample has no mistake: -n is silent and ends with 0."""
    result = subprocess.run([BUILD / "relevod", "-n", "-c", "conf/relevo.conf"], cwd=ROOT, capture_output=True)
    assert (result.returncode, result.stdout, result.stderr) == (0, b"", b"")


@pytest.fixture
def run(tmp_path):
    """`make run` without make, in a copy of what it needs, so that a sample running elsewhere keeps its files."""
    try:
        wait_for(lambda: all(map(free, PORTS)), 2)
    except AssertionError:
        pytest.skip(f"the sample's ports are taken: {[where for where in PORTS if not free(where)]}")
    (tmp_path / "tests").mkdir()
    shutil.copy(ROOT / "tests/run-sample", tmp_path / "tests")
    shutil.copytree(ROOT / "conf", tmp_path / "conf", ignore=shutil.ignore_patterns("*.[ch]"))
    (tmp_path / "build").mkdir()
    for name in ("relevod", "relevoctl"):
        (tmp_path / "build" / name).symlink_to(BUILD / name)
    with open(tmp_path / "log", "wb") as log:
        process = subprocess.Popen([tmp_path / "tests/run-sample"], stdout=log, stderr=log, start_new_session=True,
                                   preexec_fn=end_with_parent)
    process.folder = tmp_path
    process.log = lambda: (tmp_path / "log").read_text()
    yield process
    pids = descendants(process.pid)
    if process.poll() is None:
        process.kill()
        process.wait()
    for pid in pids:
        if alive(pid):
            os.kill(pid, signal.SIGKILL)


def ask(name="www.gslb.example.com", rdtype="A", rdclass="IN"):
    q = dns.message.make_query(name, rdtype, rdclass)
    try:
        reply = dns.query.udp(q, "127.0.0.1", port=5300, timeout=0.5 * SLOW)
    except dns.exception.Timeout:
        return []
    return [rr.to_text() for rrset in reply.answer for rr in rrset]


def test_run(run):
    """
    The sample answers with provider north; killed as its words say, south answers and the
    log says so; started again, north is back; Ctrl-C leaves no process and no port taken.
    """
    wait_for(lambda: run.poll() is not None or ask() == ["127.0.0.11"], 10, "north")
    assert run.poll() is None, run.log()
    wait_for(lambda: any(" up" in line for line in ask(rdtype="TXT", rdclass="CH")), 5)
    assert ask("plan.relevo", "TXT", "CH")
    assert "dig @127.0.0.1 -p 5300 +short www.gslb.example.com" in run.log()
    pid = int((run.folder / "build/run/north.pid").read_text())
    os.kill(pid, signal.SIGKILL)
    wait_for(lambda: ask() == ["127.0.0.12"], 5, "south")
    wait_for(lambda: "south instead of north" in run.log(), 3, "the log line")
    subprocess.run([run.folder / "tests/run-sample", "start", "north"], check=True)
    wait_for(lambda: ask() == ["127.0.0.11"], 8, "north again")
    pids = descendants(run.pid)
    run.send_signal(signal.SIGINT)
    assert run.wait(timeout=10 * SLOW) == 0
    assert not any(map(alive, pids))
    assert all(map(free, PORTS))
    left = {str(p.relative_to(run.folder)) for p in (run.folder / "build/run").iterdir()}
    assert not left, "nothing is left in build/run"


def test_port_taken(run):
    """A port that is taken is named, and nothing is left running."""
    wait_for(lambda: run.poll() is not None or ask(), 10)
    second = subprocess.run([run.folder / "tests/run-sample"], capture_output=True, text=True, timeout=20)
    assert second.returncode == 1
    assert "127.0.0.1:5300" in second.stderr and "127.0.0.11:8080" in second.stderr
    assert run.poll() is None and ask()
