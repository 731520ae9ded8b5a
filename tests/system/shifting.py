# SPDX-License-Identifier: BSD-2-Clause
"""Measuring a shift: the time from a failure to the first answer that avoids it. For tests and bench."""
import random
import select
import socket
import time

import dns.message

from relevo import SLOW


class Watch:
    """Asks for many names at once, every few milliseconds, and notes when each answer changes."""

    def __init__(self, daemon, names):
        self.sockets = {}
        for name in names:
            s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            s.connect((daemon.address, daemon.port))
            s.setblocking(False)
            query = dns.message.make_query(f"{name}.gslb.example.com", "A").to_wire()
            self.sockets[name] = (s, query)

    def close(self):
        for s, _ in self.sockets.values():
            s.close()

    def answer(self, name):
        """The latest answer's last address, or None when nothing came yet; asks again."""
        s, query = self.sockets[name]
        latest = None
        try:
            while True:
                latest = socket.inet_ntoa(s.recv(4096)[-4:])
        except BlockingIOError:
            pass
        s.send(query)
        return latest


def shift_times(daemon, trials, deed, seed, interval=1.0):
    """Do deed to each trial's first backend at a random moment; {name: seconds until the backup's address}."""
    rng = random.Random(seed)
    begin = time.monotonic()
    due = {name: begin + 0.1 + rng.random() * interval for name in trials}
    done, times = {}, {}
    watch = Watch(daemon, trials)
    while len(times) < len(trials):
        now = time.monotonic()
        assert now < begin + 20 * SLOW, f"no shift of {set(trials) - set(times)}"
        for name, (first, second) in trials.items():
            if name not in done and now >= due[name]:
                deed(first)
                done[name] = time.monotonic()
            if name in done and name not in times and watch.answer(name) == second.address:
                times[name] = time.monotonic() - done[name]
        select.select([], [], [], 0.004)
    watch.close()
    return times


def show(what, times, bound):
    values = sorted(times)
    print(f"\n{what}: {len(values)} trials, bound {bound:.2f} s: min {values[0]:.3f} median "
          f"{values[len(values) // 2]:.3f} p90 {values[int(len(values) * 0.9)]:.3f} max {values[-1]:.3f}")
    print("  " + " ".join(f"{v:.2f}" for v in values))
    for low in range(0, int(bound * 10) + 1, 2):
        n = sum(low / 10 <= v < low / 10 + 0.2 for v in values)
        print(f"  {low / 10:.1f} s {'#' * n}")
