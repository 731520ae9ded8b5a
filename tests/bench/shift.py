#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""
How quickly traffic shifts, by kind of failure and interval: seconds from the failure to
the first answer with the other provider's address. Prints a table.

    tests/bench/shift.py [TRIALS]     (50)
"""
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "system"))

from relevo import Backend, Relevo, failover, wait_for
from shifting import shift_times

TOGETHER = 10
SETTINGS = [
    # interval, recheck, timeout, fall
    (1.0, 0.1, 0.3, 3),
    (1.0, 0.1, 0.3, 1),
    (0.2, 0.1, 0.3, 1),
]


def set_mode(mode):
    def deed(backend):
        backend.mode = mode
    return deed


FAILURES = [
    ("killed", Backend.kill, Backend.start),
    ("stopped", Backend.pause, Backend.resume),
    ("HTTP 500", set_mode("500"), set_mode("ok")),
]


def measure(folder, settings, deed, undo, trials):
    interval, recheck, timeout, fall = settings
    second = Backend()
    pairs = {f"w{i}": (Backend(), second) for i in range(min(TOGETHER, trials))}
    daemon = Relevo(folder)
    check = {"interval": f"{interval * 1000:.0f}ms", "recheck": f"{recheck * 1000:.0f}ms",
             "timeout": f"{timeout * 1000:.0f}ms", "fall": fall}
    daemon.configure(services=[failover(name, *pair) for name, pair in pairs.items()], check=check)
    times = []
    try:
        daemon.start().settled()
        while len(times) < trials:
            wait_for(lambda: all(daemon.addresses(n) == [p[0].address] for n, p in pairs.items()), 10, "all well")
            times += shift_times(daemon, pairs, deed, len(times), interval).values()
            for first, _ in pairs.values():
                undo(first)
    finally:
        daemon.kill()
        for backend in [second, *(first for first, _ in pairs.values())]:
            backend.kill()
    return sorted(times)


def main():
    trials = int(sys.argv[1]) if len(sys.argv) > 1 else 50
    print("| failure | interval | recheck | fall | trials | min | median | p90 | max |")
    print("|---|---|---|---|---|---|---|---|---|")
    for settings in SETTINGS:
        for what, deed, undo in FAILURES:
            with tempfile.TemporaryDirectory() as folder:
                times = measure(folder, settings, deed, undo, trials)
            interval, recheck, _, fall = settings
            print(f"| {what} | {interval:g} s | {recheck:g} s | {fall} | {len(times)} | {times[0]:.3f} | "
                  f"{times[len(times) // 2]:.3f} | {times[int(len(times) * 0.9)]:.3f} | {times[-1]:.3f} |", flush=True)


if __name__ == "__main__":
    main()
