# SPDX-License-Identifier: BSD-2-Clause
"""The whole path: a real Unbound, and a client that fetches over HTTP by name, each in a network of its own."""
import contextlib
import ctypes
import os
import shutil
import signal
import subprocess
import sys
import time

import pytest

from relevo import SLOW, Backend, Relevo, end_with_parent, failover, wait_for

CLONE_NEWNET = 0x40000000
# Link-local addresses: these networks end at the namespaces' own bridge.
NET = "169.254.77"
TTL, INTERVAL, FALL, RECHECK, TIMEOUT = 5, 1.0, 3, 0.1, 0.5
FETCH = """
import sys, time, urllib.request
while True:
    try:
        with urllib.request.urlopen("http://www.gslb.example.com:%d/", timeout=0.5) as page:
            said = page.read().decode().strip()
    except OSError as error:
        said = "error"
    print(time.monotonic(), said, flush=True)
    time.sleep(0.05)
"""


class Network:
    """A network namespace with one address on the bridge that all of them share."""

    def __init__(self, hub, host):
        self.address = f"{NET}.{host}"
        self.holder = subprocess.Popen(["unshare", "--net", "--mount", "sleep", "infinity"],
                                       preexec_fn=end_with_parent)
        own = os.readlink("/proc/self/ns/net")
        wait_for(lambda: self.holder.poll() is not None or self.ns() not in (None, own), 5, "a namespace")
        if self.holder.poll() is not None:
            pytest.skip("unshare --net --mount does not work here")
        self.run("ip", "link", "set", "lo", "up")
        if hub is None:
            self.run("ip", "link", "add", "bridge", "type", "bridge")
            link = "bridge"
        else:
            hub.run("ip", "link", "add", f"to{host}", "master", "bridge", "type", "veth", "peer", "name", "uplink",
                    "netns", str(self.holder.pid))
            hub.run("ip", "link", "set", f"to{host}", "up")
            link = "uplink"
        self.run("ip", "address", "add", f"{self.address}/24", "dev", link)
        self.run("ip", "link", "set", link, "up")

    def ns(self):
        try:
            return os.readlink(f"/proc/{self.holder.pid}/ns/net")
        except OSError:
            return None

    def prefix(self):
        return ["nsenter", f"--target={self.holder.pid}", "--net", "--mount"]

    def run(self, *command):
        done = subprocess.run([*self.prefix(), *command], capture_output=True, text=True)
        if done.returncode != 0:
            pytest.skip(f"{' '.join(command)}: {done.stderr.strip()}")

    @contextlib.contextmanager
    def entered(self):
        """Sockets made meanwhile belong to this network."""
        libc = ctypes.CDLL(None, use_errno=True)
        with open("/proc/self/ns/net") as home, open(f"/proc/{self.holder.pid}/ns/net") as there:
            assert libc.setns(there.fileno(), CLONE_NEWNET) == 0
            try:
                yield
            finally:
                assert libc.setns(home.fileno(), CLONE_NEWNET) == 0

    def end(self):
        self.holder.kill()
        self.holder.wait()


class Client:
    """Fetches the page by name all the time; `pages` is [(when, what)]."""

    def __init__(self, network, folder, port):
        self.path = folder / "fetched"
        with open(self.path, "w") as out:
            self.process = subprocess.Popen([*network.prefix(), sys.executable, "-B", "-c", FETCH % port], stdout=out,
                                            preexec_fn=end_with_parent)

    @property
    def pages(self):
        lines = self.path.read_text().rpartition("\n")[0].splitlines()
        return [(float(when), what) for when, what in (line.split(" ", 1) for line in lines)]


@pytest.fixture
def networks():
    if os.geteuid() != 0:
        pytest.skip("network namespaces need root here")
    for tool in ("unshare", "nsenter", "ip", "unbound"):
        if shutil.which(tool, path=os.environ["PATH"] + ":/usr/sbin:/sbin") is None:
            pytest.skip(f"no {tool} on this machine")
    made = []
    try:
        hub = Network(None, 1)
        made.append(hub)
        for host in (2, 11, 12):
            made.append(Network(hub, host))
        yield made
    finally:
        for network in made:
            network.end()


@pytest.fixture
def unbound(tmp_path):
    """unbound(network, address, port) resolves for that network, with our zone as a stub."""
    processes = []

    def start(network, server, port):
        (tmp_path / "unbound.conf").write_text(f"""
server:
    interface: 127.0.0.1
    do-daemonize: no
    chroot: ""
    username: ""
    directory: "{tmp_path}"
    pidfile: ""
    use-syslog: no
    do-ip6: no
    module-config: "iterator"
stub-zone:
    name: "gslb.example.com"
    stub-addr: {server}@{port}
""")
        (tmp_path / "resolv.conf").write_text("nameserver 127.0.0.1\n")
        network.run("mount", "--bind", str(tmp_path / "resolv.conf"), "/etc/resolv.conf")
        with open(tmp_path / "unbound.log", "w") as log:
            processes.append(subprocess.Popen([*network.prefix(), "unbound", "-c", tmp_path / "unbound.conf"],
                                              stdout=log, stderr=log, preexec_fn=end_with_parent))

    yield start
    for process in processes:
        process.kill()
        process.wait()


@pytest.mark.parametrize("what, extra", [("killed", 0.1), ("cut off", TIMEOUT)])
def test_client_follows(networks, unbound, tmp_path, request, capsys, what, extra):
    """
    A client that fetches by name through Unbound is on the other provider within detection
    + TTL of the first one's end, be it killed or cut off the network, and comes back after it.
    """
    hub, user, *providers = networks
    daemon = Relevo(tmp_path / "relevo")
    request.node.relevo_daemons = [daemon]
    port = 8080
    backends = [Backend(address=network.address, port=port, start=False) for network in providers]
    client = None
    try:
        for network, backend, name in zip(providers, backends, ("north", "south")):
            with network.entered():
                backend.start(body=f"{name}\n".encode())
        daemon.configure(services=[failover("www", *backends, ttl=f"{TTL}s", ttl_suspect="1s")],
                         zone=f"$TTL 60\n@ SOA ns1 h 1 1 1 1 5\n@ NS ns1\nns1 A {hub.address}\n",
                         check={"interval": "1s", "recheck": "100ms", "fall": FALL, "timeout": "500ms"},
                         server={"listen": [f"{hub.address}@{daemon.port}"]})
        daemon.command = hub.prefix()
        daemon.start(wait=False)
        wait_for(daemon.status, 10, "the control socket")
        daemon.settled()
        unbound(user, hub.address, daemon.port)
        client = Client(user, tmp_path, port)
        wait_for(lambda: [page for _, page in client.pages[-20:]] == ["north"] * 20, 15, "a steady client")

        if what == "killed":
            backends[0].kill()
        else:
            providers[0].run("ip", "link", "set", "uplink", "down")
        begin = time.monotonic()
        bound = INTERVAL + FALL * RECHECK + extra + TTL
        arrived = wait_for(lambda: [t for t, page in client.pages if t > begin and page == "south"], bound + 5)[0]
        with capsys.disabled():
            print(f"\nclient through Unbound, north {what}: on south after {arrived - begin:.2f} s, bound {bound:.1f} s"
                  f" (detection {bound - TTL:.1f} + TTL {TTL})")
        # A fetch that was under way may have waited for its own timeout.
        assert arrived - begin < (bound + 0.7) * SLOW

        if what == "killed":
            with providers[0].entered():
                backends[0].start(body=b"north\n")
            wait_for(lambda: client.pages[-1][1] == "north", 2 * INTERVAL + TTL + 5, "the return")
    finally:
        if client is not None:
            client.process.send_signal(signal.SIGKILL)
            client.process.wait()
        for backend in backends:
            backend.kill()
        daemon.kill()
