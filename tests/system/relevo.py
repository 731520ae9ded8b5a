# SPDX-License-Identifier: BSD-2-Clause
"""
What system tests are written with: Relevo, a real daemon on a free port; Backend, a real
HTTP server that a test makes ill and well; wait_for, a fact with a deadline.
"""
import ctypes
import json
import mmap
import os
import signal
import socket
import ssl
import struct
import subprocess
import threading
import time
from pathlib import Path

import dns.flags
import dns.message
import dns.query
import dns.rcode
import dns.rdataclass
import dns.rdatatype

ROOT = Path(__file__).resolve().parents[2]
BUILD = Path(os.environ.get("RELEVO_BUILD", ROOT / "build")).resolve()
SANITIZED = "," in BUILD.name or BUILD.name in ("address", "undefined", "thread")
# Deadlines are for a plain build on an idle machine; sanitizers need more.
SLOW = float(os.environ.get("RELEVO_SLOW", 5 if SANITIZED else 1))

ZONE = """\
$TTL 300
@       SOA  ns1 hostmaster 1 3600 900 604800 5
        NS   ns1
ns1     A    127.0.0.1
static  A    127.1.1.1
"""


def wait_for(fact, within=5.0, what="the fact"):
    """The first true value of fact(), polled until the deadline (stretched under sanitizers)."""
    deadline = time.monotonic() + within * SLOW
    while True:
        value = fact()
        if value:
            return value
        assert time.monotonic() < deadline, f"{what} did not come true within {within * SLOW:g} s"
        time.sleep(0.01)


def end_with_parent():
    """Nothing outlives the test run, even when that is killed."""
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)


# --- addresses and ports -----------------------------------------------------------------

class Addresses:
    """Loopback addresses nobody else uses: each run has its own /16 of 127/8."""

    def __init__(self):
        self.second = 20 + os.getpid() % 200
        self.next = 0

    def new(self):
        self.next += 1
        return f"127.{self.second}.{self.next // 250}.{self.next % 250 + 1}"


addresses = Addresses()


def free_port(address="0.0.0.0"):
    """A port that is free for UDP and TCP alike."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    for _ in range(100):
        with socket.socket(family, socket.SOCK_STREAM) as tcp, socket.socket(family, socket.SOCK_DGRAM) as udp:
            tcp.bind((address, 0))
            try:
                udp.bind((address, tcp.getsockname()[1]))
            except OSError:
                continue
            return tcp.getsockname()[1]
    raise AssertionError("no free port")


def has_ipv6():
    try:
        with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as s:
            s.bind(("::1", 0))
        return True
    except OSError:
        return False


# --- configuration -----------------------------------------------------------------------

def libconfig(value):
    """A Python value as libconfig writes it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dict):
        return "{ " + " ".join(f"{k} = {libconfig(v)};" for k, v in value.items()) + " }"
    if isinstance(value, (list, tuple)):
        plain = not any(isinstance(v, (dict, list, tuple)) for v in value)
        return ("[ %s ]" if plain else "( %s )") % ", ".join(map(libconfig, value))
    if isinstance(value, int):
        return str(value)
    return json.dumps(str(value), ensure_ascii=False)


CHECK = {"type": "http", "interval": "1s", "timeout": "500ms", "recheck": "100ms", "fall": 3, "rise": 2}


def member(backend, provider="north", **more):
    """A member at a backend's address and port, or at a plain address."""
    if isinstance(backend, Backend):
        return {"provider": provider, "address": backend.address, "port": backend.port, **more}
    return {"provider": provider, "address": backend, **more}


def failover(name, first, second, **more):
    """A service with a first and a backup provider."""
    return {"name": name, "check": "web",
            "members": [member(first, "north"), member(second, "south", tier=2)], **more}


# --- the daemon --------------------------------------------------------------------------

class Relevo:
    """A relevod with a folder, a port and a configuration of its own."""

    def __init__(self, folder, address="127.0.0.1"):
        self.folder = Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.address = address
        self.port = free_port()
        self.conf = self.folder / "relevo.conf"
        self.socket = self.folder / "relevo.sock"
        self.log_path = self.folder / "relevod.log"
        self.process = None
        self.command = []
        self.binary = BUILD / "relevod"

    def configure(self, services=(), zone=ZONE, check=None, checks=None, providers=("north", "south"), server=None,
                  name="gslb.example.com", zone_settings=None, zones=None):
        """Write relevo.conf and the zone file; no default of the daemon is repeated here without need."""
        (self.folder / "zone").write_text(zone)
        everything = {
            "server": {"listen": [f"{self.address}@{self.port}"], "workers": 2, "control": str(self.socket),
                       "state": str(self.folder), "identity": "ns1.test", **(server or {})},
            "providers": {p: {} for p in providers},
            "checks": checks or {"web": {**CHECK, **(check or {})}},
            "zones": zones or [{"name": name, "file": "zone", **(zone_settings or {}), "services": list(services)}],
        }
        self.conf.write_text("".join(f"{k} = {libconfig_top(k, v)};\n" for k, v in everything.items()))
        return self

    def start(self, wait=True):
        with open(self.log_path, "ab") as log:
            self.process = subprocess.Popen([*self.command, self.binary, "-c", self.conf], stdin=subprocess.DEVNULL,
                                            stdout=log, stderr=log, start_new_session=True, cwd=self.folder,
                                            preexec_fn=end_with_parent)
        if wait:
            wait_for(self.answers, 10, "relevod answering")
        return self

    def answers(self):
        assert self.process.poll() is None, f"relevod ended with status {self.process.returncode}:\n{self.log()}"
        try:
            return self.query("version.bind", "TXT", "CH", timeout=0.2) is not None
        except (dns.exception.Timeout, OSError):
            return False

    def settled(self, within=8):
        """Wait for the first plan."""
        wait_for(lambda: self.plan()["number"] > 0, within, "the first plan")
        return self

    def kill(self):
        """End everything now; for the end of a test, whatever its state."""
        if self.process is None:
            return
        pids = [self.process.pid, *descendants(self.process.pid)]
        for pid in pids:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
        self.process.wait()
        wait_for(lambda: not any(alive(pid) for pid in pids), 5, "the end of all of relevod")

    def stop(self, signum=signal.SIGTERM):
        """Ask it to end, return its exit status."""
        self.process.send_signal(signum)
        return self.process.wait(timeout=10 * SLOW)

    def log(self):
        return self.log_path.read_text(errors="replace") if self.log_path.exists() else ""

    def wait_log(self, text, within=5, since=0):
        wait_for(lambda: text in self.log()[since:], within, f"{text!r} in the log")

    # processes

    def children(self):
        """{"dns": [pids], "health": [pids]}; two of each while a generation takes over."""
        found = {"dns": [], "health": []}
        for pid in descendants(self.process.pid):
            title = process_title(pid)
            for name, pids in found.items():
                if title.startswith(f"relevod: {name}"):
                    pids.append(pid)
        return found

    def child(self, name):
        """The pid of the one child of that name, as soon as there is one and only one."""
        return wait_for(lambda: len(self.children()[name]) == 1 and self.children()[name], 10, f"one {name}")[0]

    def kill_child(self, name, signum=signal.SIGKILL):
        pid = self.child(name)
        os.kill(pid, signum)
        return pid

    # asking

    def query(self, name, rdtype="A", rdclass="IN", timeout=None, tcp=False, where=None, port=None, **more):
        """The parsed reply. A name of one label is in our zone."""
        q = dns.message.make_query(name if "." in name else f"{name}.gslb.example.com", rdtype, rdclass, **more)
        q.flags &= ~dns.flags.RD
        return self.ask(q, timeout, tcp, where, port)

    def ask(self, message, timeout=None, tcp=False, where=None, port=None):
        fn = dns.query.tcp if tcp else dns.query.udp
        return fn(message, where or self.address, port=port or self.port, timeout=timeout or 3 * SLOW)

    def addresses(self, name="www", rdtype="A", **more):
        """The addresses in the answer, in the order sent."""
        reply = self.query(name, rdtype, **more)
        return [rr.address for rrset in reply.answer for rr in rrset if rr.rdtype in (1, 28)]

    def ttl(self, name="www", rdtype="A"):
        return self.query(name, rdtype).answer[0].ttl

    def txt(self, name):
        """The lines of a CH TXT."""
        reply = self.query(name, "TXT", "CH", tcp=True)
        return [b"".join(rr.strings).decode() for rrset in reply.answer for rr in rrset]

    def wait_addresses(self, expected, name="www", within=5):
        wait_for(lambda: self.addresses(name) == expected, within, f"{name} at {expected}")

    # control

    def ctl(self, *args):
        return subprocess.run([BUILD / "relevoctl", "-s", self.socket, *args], capture_output=True, text=True,
                              timeout=20 * SLOW)

    def status(self):
        """The status as JSON, or {} when nobody answers."""
        result = self.ctl("-j", "status")
        return json.loads(result.stdout) if result.returncode == 0 else {}

    def plan(self):
        return self.status().get("plan", {"number": 0})

    def target(self, backend):
        """The target at this backend's address."""
        address = backend.address if isinstance(backend, Backend) else backend
        for target in self.status().get("targets", []):
            if target["address"].split("@")[0] == address:
                return target
        return {}

    def verdict(self, backend):
        return self.target(backend).get("verdict")

    def wait_verdict(self, backend, verdict, within=5):
        wait_for(lambda: self.verdict(backend) == verdict, within, f"verdict {verdict}")

    def service(self, name):
        return next(s for s in self.status()["services"] if s["name"].split(".")[0] == name)

    def counters(self):
        return self.status()["counters"]


def libconfig_top(key, value):
    """Zones is a list of groups even when it is empty."""
    return "( )" if key == "zones" and not value else libconfig(value)


def process_title(pid):
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace").strip()
    except OSError:
        return ""


def proc_status(pid):
    """{"Uid": "0\t0\t0\t0", ...} of a process."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return {k: v.strip() for k, _, v in (line.partition(":") for line in lines)}


def alive(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False


def descendants(pid):
    parents = {}
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            try:
                parents[int(entry)] = int(Path(f"/proc/{entry}/stat").read_text().rpartition(")")[2].split()[1])
            except OSError:
                pass
    found, added = set(), {pid}
    while added:
        added = {child for child, parent in parents.items() if parent in added} - found
        found |= added
    return sorted(found)


# --- backends ----------------------------------------------------------------------------

BODY = b"all is well\n"
MODES = ("ok", "500", "slow", "wrong body", "close", "endless", "silent", "redirect", "garbage")


class Backend:
    """
    An HTTP server in a process of its own. `mode` says what it answers and may change
    while it runs; kill() makes it refuse, pause() makes it a black hole.
    """

    def __init__(self, address=None, port=None, mode="ok", certificate=None, start=True):
        self.address = address or addresses.new()
        self.port = port or free_port(self.address)
        self.certificate = certificate
        self.shared = mmap.mmap(-1, 4096)	# byte 0: mode; 8: connections; 16: requests
        self.mode = mode
        self.pid = None
        if start:
            self.start()

    @property
    def mode(self):
        return MODES[self.shared[0]]

    @mode.setter
    def mode(self, mode):
        self.shared[0] = MODES.index(mode)

    @property
    def connections(self):
        return struct.unpack_from("=Q", self.shared, 8)[0]

    @property
    def requests(self):
        return struct.unpack_from("=Q", self.shared, 16)[0]

    def last_request(self):
        """The head of the last request, as bytes."""
        length = struct.unpack_from("=Q", self.shared, 24)[0]
        return bytes(self.shared[32:32 + length])

    def start(self, body=BODY):
        self.body = body
        family = socket.AF_INET6 if ":" in self.address else socket.AF_INET
        listener = socket.socket(family, socket.SOCK_STREAM)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((self.address, self.port))
        listener.listen(128)
        self.pid = os.fork()
        if self.pid == 0:
            try:
                end_with_parent()
                signal.signal(signal.SIGINT, signal.SIG_IGN)
                self.serve(listener)
            finally:
                os._exit(0)
        listener.close()
        return self

    def kill(self):
        if self.pid is not None:
            os.kill(self.pid, signal.SIGKILL)
            os.waitpid(self.pid, 0)
            self.pid = None

    def pause(self):
        os.kill(self.pid, signal.SIGSTOP)

    def resume(self):
        os.kill(self.pid, signal.SIGCONT)

    # in the process of its own

    def count(self, offset):
        struct.pack_into("=Q", self.shared, offset, struct.unpack_from("=Q", self.shared, offset)[0] + 1)

    def serve(self, listener):
        context = None
        if self.certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(*self.certificate)
        while True:
            connection, _ = listener.accept()
            self.count(8)
            threading.Thread(target=self.serve_one, args=(connection, context), daemon=True).start()

    def serve_one(self, connection, context):
        try:
            with connection:
                if self.mode == "close":
                    return
                connection.settimeout(10)
                if context:
                    connection = context.wrap_socket(connection, server_side=True)
                head = b""
                while b"\r\n\r\n" not in head:
                    data = connection.recv(4096)
                    if not data:
                        return
                    head += data
                    if head[0] == 0x16:		# TLS to a plain server
                        connection.sendall(b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n")
                        return
                self.shared[32:32 + len(head[:4000])] = head[:4000]
                struct.pack_into("=Q", self.shared, 24, len(head[:4000]))
                self.count(16)
                self.reply(connection)
        except OSError:
            pass

    def reply(self, connection):
        mode = self.mode
        if mode == "endless":
            connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
            while True:
                connection.sendall(b"x" * 65536)
        elif mode in ("slow", "silent"):
            time.sleep(2 if mode == "slow" else 3600)
        if mode == "garbage":
            connection.sendall(b"\0\xff this is no HTTP\r\n\r\n")
            return
        status = {"500": b"500 Oh dear", "redirect": b"302 Found"}.get(mode, b"200 OK")
        body = b"something else\n" if mode == "wrong body" else self.body
        more = b"Location: /elsewhere\r\n" if mode == "redirect" else b""
        connection.sendall(b"HTTP/1.1 %s\r\n%sContent-Length: %d\r\nConnection: close\r\n\r\n%s"
                           % (status, more, len(body), body))
