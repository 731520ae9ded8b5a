# SPDX-License-Identifier: BSD-2-Clause
"""What the processes may do to the machine they run on."""
import os
import pwd
import shutil
import tempfile
from pathlib import Path

import pytest

from relevo import BUILD, Relevo, failover, proc_status

root_only = pytest.mark.skipif(os.geteuid() != 0, reason="needs root to begin with")


@root_only
def test_root_is_dropped(relevo, backend):
    """Started as root, both children are somebody else, for good: no capability, no new privileges."""
    daemon = relevo(services=[failover("www", backend(), backend())]).start().settled()
    nobody = pwd.getpwnam("nobody")
    for name in ("dns", "health"):
        status = proc_status(daemon.child(name))
        assert set(status["Uid"].split()) == {str(nobody.pw_uid)}, name
        assert set(status["Gid"].split()) == {str(nobody.pw_gid)}, name
        assert status["Groups"] in ("", str(nobody.pw_gid)), name
        assert status["NoNewPrivs"] == "1", name
        for caps in ("CapEff", "CapPrm", "CapInh", "CapAmb"):
            assert int(status[caps], 16) == 0, f"{name} {caps}"


@root_only
def test_user_setting(relevo):
    """server.user says who."""
    daemon = relevo(server={"user": "daemon"}).start()
    uid = str(pwd.getpwnam("daemon").pw_uid)
    for name in ("dns", "health"):
        assert set(proc_status(daemon.child(name))["Uid"].split()) == {uid}


@pytest.fixture
def open_folder():
    """A folder everyone can reach, with a copy of the program: pytest's folders and this tree may be private."""
    with tempfile.TemporaryDirectory(prefix="relevo-test-") as folder:
        os.chmod(folder, 0o755)
        shutil.copy(BUILD / "relevod", folder)
        yield Path(folder)


@root_only
def test_without_privileges(open_folder, request, backend):
    """Nobody in particular can run all of it on high ports."""
    daemon = Relevo(open_folder / "run")
    request.node.relevo_daemons = [daemon]
    nobody = pwd.getpwnam("nobody")
    os.chown(daemon.folder, nobody.pw_uid, nobody.pw_gid)
    daemon.binary = open_folder / "relevod"
    daemon.command = ["setpriv", f"--reuid={nobody.pw_uid}", f"--regid={nobody.pw_gid}", "--clear-groups",
                      "--inh-caps=-all", "--bounding-set=-all"]
    north, south = backend(), backend()
    daemon.configure(services=[failover("www", north, south)])
    try:
        daemon.start().settled()
        daemon.wait_addresses([north.address])
        for pids in daemon.children().values():
            assert proc_status(pids[0])["Uid"].split()[0] == str(nobody.pw_uid)
        assert daemon.ctl("reload").returncode == 0
        north.kill()
        daemon.wait_addresses([south.address])
        assert daemon.stop() == 0
    finally:
        daemon.kill()


def test_nothing_inherited_is_kept(relevo):
    """Each child holds only what it needs: no descriptor of a file, no socket of the other one's trade."""
    daemon = relevo().start()
    for name in ("dns", "health"):
        pid = daemon.child(name)
        for fd in os.listdir(f"/proc/{pid}/fd"):
            target = os.readlink(f"/proc/{pid}/fd/{fd}")
            allowed = target.startswith(("socket:", "anon_inode:", "pipe:", "/dev/null", "/dev/urandom"))
            assert allowed or target == str(daemon.log_path), f"{name} holds {target}"
