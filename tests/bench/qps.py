#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""
Queries per second and CPU time per query, by dnsperf, of relevod and of whatever of gdnsd,
NSD and Knot is installed: the same 1,000 names, one worker each, in turns in one run. On
one machine dnsperf takes its share: compare the lines of one run, not runs.

    tests/bench/qps.py [SECONDS [ROUNDS]]     (5, 3)
"""
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from statistics import median

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "system"))

import dns.exception
import dns.message
import dns.query

from relevo import BUILD, descendants, end_with_parent, free_port, libconfig, wait_for

NAMES = 1000
ZONE = "$TTL 300\n@ SOA ns1 hostmaster 1 3600 900 604800 5\n@ NS ns1\nns1 A 127.0.0.1\n" + "".join(
    f"host{i} A 127.8.{i // 250}.{i % 250 + 1}\n" for i in range(NAMES))


def relevod(folder, port):
    (folder / "relevo.conf").write_text(
        f'server = {libconfig({"listen": [f"127.0.0.1@{port}"], "workers": 1, "control": "relevo.sock"})};\n'
        'zones = ( { name = "example.com"; file = "example.com"; } );\n')
    return [BUILD / "relevod", "-c", folder / "relevo.conf"]


def nsd(folder, port):
    (folder / "nsd.conf").write_text(f"""server:
    server-count: 1
    ip-address: 127.0.0.1@{port}
    username: ""
    chroot: ""
    zonesdir: "{folder}"
    database: ""
    pidfile: "{folder}/nsd.pid"
    zonelistfile: "{folder}/zone.list"
    xfrdfile: "{folder}/xfrd.state"
    xfrdir: "{folder}"
    minimal-responses: yes
    rrl-ratelimit: 0
    rrl-whitelist-ratelimit: 0
remote-control:
    control-enable: no
zone:
    name: "example.com"
    zonefile: "example.com"
""")
    return ["nsd", "-d", "-c", folder / "nsd.conf"]


def knotd(folder, port):
    (folder / "knot.conf").write_text(f"""server:
    rundir: "{folder}"
    listen: 127.0.0.1@{port}
    udp-workers: 1
    tcp-workers: 1
    background-workers: 1
database:
    storage: "{folder}"
log:
  - target: stderr
    any: warning
zone:
  - domain: example.com
    storage: "{folder}"
    file: example.com
    journal-content: none
    zonefile-load: whole
    zonefile-sync: -1
""")
    return ["knotd", "-c", folder / "knot.conf"]


def gdnsd(folder, port):
    (folder / "etc/zones").mkdir(parents=True)
    shutil.copy(folder / "example.com", folder / "etc/zones/example.com")
    (folder / "etc/config").write_text(f"""options => {{
    listen => {{ 127.0.0.1:{port} => {{ udp_threads => 1, tcp_threads => 1 }} }}
    run_dir => "{folder}/run"
    state_dir => "{folder}/state"
}}
""")
    return ["gdnsd", "-c", folder / "etc", "start"]


SERVERS = [relevod, gdnsd, nsd, knotd]


class Server:
    def __init__(self, kind, folder):
        folder.mkdir()
        (folder / "example.com").write_text(ZONE)
        self.name, self.port = kind.__name__, free_port("127.0.0.1")
        self.figures = []
        with open(folder / "log", "w") as log:
            self.process = subprocess.Popen(kind(folder, self.port), stdout=log, stderr=log, cwd=folder,
                                            preexec_fn=end_with_parent)
        wait_for(lambda: self.process.poll() is not None or self.answers(), 10, f"{self.name} answering")
        if self.process.poll() is not None:
            sys.exit(f"{self.name} does not start:\n{(folder / 'log').read_text()}")

    def answers(self):
        try:
            q = dns.message.make_query("host1.example.com", "A")
            return dns.query.udp(q, "127.0.0.1", port=self.port, timeout=0.2).answer
        except (dns.exception.Timeout, OSError):
            return False

    def cpu_seconds(self):
        """User and system time of all its processes."""
        ticks = 0
        for pid in [self.process.pid, *descendants(self.process.pid)]:
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
            ticks += int(fields[11]) + int(fields[12])
        return ticks / os.sysconf("SC_CLK_TCK")

    def measure(self, questions, seconds):
        before = self.cpu_seconds()
        out = subprocess.run(["dnsperf", "-s", "127.0.0.1", "-p", str(self.port), "-d", questions, "-l", str(seconds),
                              "-c", "8", "-q", "128"], capture_output=True, text=True, check=True).stdout
        completed = int(re.search(r"Queries completed:\s+(\d+)", out)[1])
        lost = int(re.search(r"Queries lost:\s+(\d+)", out)[1])
        qps = float(re.search(r"Queries per second:\s+([\d.]+)", out)[1])
        self.figures.append((qps, (self.cpu_seconds() - before) / completed * 1e6, lost))

    def end(self):
        pids = [self.process.pid, *descendants(self.process.pid)]
        self.process.terminate()
        try:
            self.process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            for pid in pids:
                os.kill(pid, 9)
            self.process.wait()


def main():
    seconds = int(sys.argv[1]) if len(sys.argv) > 1 else 5
    rounds = int(sys.argv[2]) if len(sys.argv) > 2 else 3
    if shutil.which("dnsperf") is None:
        sys.exit("qps: no dnsperf here")
    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        folder.chmod(0o755)
        questions = folder / "questions"
        questions.write_text("".join(f"host{i}.example.com A\n" for i in range(NAMES)))
        servers = [Server(kind, folder / kind.__name__) for kind in SERVERS
                   if kind.__name__ == "relevod" or shutil.which(kind.__name__)]
        try:
            for _ in range(rounds):
                for server in servers:
                    server.measure(questions, seconds)
        finally:
            for server in servers:
                server.end()
    print("| server | queries/s | CPU us/query | against relevod | lost |")
    print("|---|---|---|---|---|")
    ours = median(cpu for _, cpu, _ in servers[0].figures)
    for server in servers:
        qps, cpu, lost = zip(*server.figures)
        print(f"| {server.name} | {median(qps):,.0f} | {median(cpu):.2f} | {median(cpu) / ours:.2f} | {sum(lost)} |")


if __name__ == "__main__":
    main()
