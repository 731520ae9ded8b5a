# SPDX-License-Identifier: BSD-2-Clause
"""How quickly traffic shifts: the time from a failure to the first answer that avoids it."""
import time

import pytest

from relevo import SLOW, failover, wait_for
from shifting import shift_times, show

INTERVAL, RECHECK, TIMEOUT, FALL, JITTER = 1.0, 0.1, 0.3, 3, 0.1
CHECK = {"interval": "1s", "recheck": "100ms", "timeout": "300ms", "fall": 3, "rise": 2}
TRIALS, TOGETHER = 20, 10


@pytest.mark.parametrize("what, deed, undo, bound", [
    ("SIGKILL", lambda b: b.kill(), lambda b: b.start(), INTERVAL + FALL * RECHECK + 0.1),
    ("SIGSTOP", lambda b: b.pause(), lambda b: b.resume(), INTERVAL + FALL * RECHECK + TIMEOUT)],
    ids=["SIGKILL", "SIGSTOP"])
def test_shift(relevo, backend, capsys, what, deed, undo, bound):
    """
    A killed provider is out of the answers within interval + fall x recheck + timeout, with
    1 s and 3 x 100 ms in under 1.4 s; a black hole within the same bound. It returns after
    `rise` successes, not before and not much later.
    """
    second = backend()
    trials = {f"w{i}": (backend(), second) for i in range(TRIALS)}
    daemon = relevo(services=[failover(name, *pair) for name, pair in trials.items()], check=CHECK).start().settled()
    wait_for(lambda: all(daemon.addresses(name) == [pair[0].address] for name, pair in trials.items()), 8)
    wait_for(lambda: all(t["verdict"] == "up" for t in daemon.status()["targets"]), 8)

    times = {}
    names = list(trials)
    for start in range(0, TRIALS, TOGETHER):
        batch = {name: trials[name] for name in names[start:start + TOGETHER]}
        times.update(shift_times(daemon, batch, deed, start))
    with capsys.disabled():
        show(what, times.values(), bound)
    assert max(times.values()) < bound * SLOW

    undone = time.monotonic()
    before = {name: first.requests for name, (first, _) in trials.items()}
    for first, _ in trials.values():
        undo(first)
    back = {}

    def all_back():
        for name, (first, _) in trials.items():
            if name not in back and daemon.addresses(name) == [first.address]:
                back[name] = time.monotonic() - undone
                assert first.requests - before[name] >= CHECK["rise"], "back before `rise` successes"
        return len(back) == len(trials)
    wait_for(all_back, CHECK["rise"] * INTERVAL + 2, "return of all")
    with capsys.disabled():
        show(f"return after {what}", back.values(), CHECK["rise"] * INTERVAL)
    # What was on its way when the first answer changed may be the first success, but the next takes an interval.
    assert min(back.values()) > (CHECK["rise"] - 1) * INTERVAL * (1 - JITTER) - TIMEOUT - 0.05
