# SPDX-License-Identifier: BSD-2-Clause
"""Answers go on: a steady stream of questions while everything behind it is replaced."""
import json
import signal
import subprocess
import time

import pytest

from relevo import BUILD, SLOW, ZONE, end_with_parent, failover, wait_for

RATE = 5000 if SLOW == 1 else 1000
SECONDS = 30
RELOADS, BROKEN, KILLS = 20, 5, 2


@pytest.fixture
def steady():
    """steady(daemon, seconds, expected) starts the stream; the process it returns prints its count."""
    started = []

    def start(daemon, seconds, expected):
        names = [f"{name}.gslb.example.com={wanted}" for name, wanted in expected.items()]
        started.append(subprocess.Popen(
            [BUILD / "tests/system/steady", daemon.address, str(daemon.port), str(RATE), str(seconds), *names],
            stdout=subprocess.PIPE, text=True, preexec_fn=end_with_parent))
        return started[-1]

    yield start
    for process in started:
        if process.poll() is None:
            process.kill()
            process.wait()


def count(process):
    out, _ = process.communicate(timeout=60 * SLOW)
    return json.loads(out)


def zone_of_generation(n):
    return ZONE + f"generation A 127.5.0.{n % 250 + 1}\n"


def services(north, south):
    return [failover("www", north, south), failover("api", north, south, ttl="60s")]


def expected(north, generations):
    return {"www": north.address, "api": north.address, "static": "127.1.1.1", "nothing": "-",
            "generation": ",".join(f"127.5.0.{n + 1}" for n in generations)}


def test_reload_loses_nothing(relevo, backend, steady):
    """Reloads, good and broken, lose not a single question, at the first try, and none is answered wrongly."""
    north, south = backend(), backend()
    daemon = relevo(services=services(north, south), zone=zone_of_generation(0)).start().settled()
    daemon.wait_addresses([north.address])
    stream = steady(daemon, 8, expected(north, range(8)))
    for n in range(1, 8):
        (daemon.folder / "zone").write_text(zone_of_generation(n))
        assert daemon.ctl("reload").returncode == 0
        daemon.wait_addresses([f"127.5.0.{n + 1}"], name="generation", within=1)
    (daemon.folder / "zone").write_text("@ SOA broken\n")
    assert daemon.ctl("reload").returncode == 1
    result = count(stream)
    print(result)
    assert result["wrong"] == 0
    assert result["first_try_unanswered"] == 0 and result["answered"] == result["asked"]


def test_everything_replaced(relevo, backend, steady, capsys):
    """
    Through 20 reloads, 5 broken ones, two SIGKILLs of dns and two of health, every question
    is answered and no answer is wrong. What a killed process had read already is asked
    again by a resolver; nothing else may need that.
    """
    north, south = backend(), backend()
    daemon = relevo(services=services(north, south), zone=zone_of_generation(0)).start().settled()
    daemon.wait_addresses([north.address])
    good_conf = daemon.conf.read_text()
    begin = time.monotonic()
    stream = steady(daemon, SECONDS, expected(north, range(7)))
    deeds = (["reload"] * RELOADS + ["broken"] * BROKEN + ["dns"] * KILLS + ["health"] * KILLS)
    # Spread each kind over the whole time.
    order = sorted(range(len(deeds)), key=lambda i: (i * 0.618034) % 1)
    kills, generation = [], 0
    for step, i in enumerate(order):
        wait_for(lambda: time.monotonic() - begin > (step + 0.5) * (SECONDS - 2) / len(deeds), SECONDS)
        deed = deeds[i]
        if deed == "reload":
            generation = (generation + 1) % 7
            (daemon.folder / "zone").write_text(zone_of_generation(generation))
            assert daemon.ctl("reload").returncode == 0
            daemon.wait_addresses([f"127.5.0.{generation + 1}"], name="generation", within=1)
        elif deed == "broken":
            daemon.conf.write_text(good_conf.replace('"web"', '"wbe"'))
            result = daemon.ctl("reload")
            daemon.conf.write_text(good_conf)
            assert result.returncode == 1 and "wbe" in result.stdout + result.stderr
        else:
            kills.append((deed, time.monotonic() - begin))
            killed = daemon.kill_child(deed, signal.SIGKILL)
            wait_for(lambda: killed not in daemon.children()[deed] and daemon.children()[deed], 10)
            # The next deed may need health's control socket.
            wait_for(daemon.status, 10, "health back")
    result = count(stream)
    took = time.monotonic() - begin
    with capsys.disabled():
        print(f"\n{result['asked']} questions in {took:.0f} s, {RELOADS} reloads, {BROKEN} broken, kills "
              f"{', '.join(f'{what} at {when:.1f}' for what, when in kills)}: {result['lost']} lost, "
              f"{result['wrong']} wrong, {result['first_try_unanswered']} saved by asking again "
              f"(asked at {result['unanswered_at'][:20]}), slowest {result['slowest_ms']} ms")
    assert result["asked"] == RATE * SECONDS
    assert result["lost"] == 0
    assert result["wrong"] == 0
    dns_kills = [when for what, when in kills if what == "dns"]
    # At most a batch of each worker is in the hands of a killed process.
    assert result["first_try_unanswered"] <= len(dns_kills) * 2 * 64
    near = [at for at in result["unanswered_at"] if any(abs(at - kill) < 1 * SLOW for kill in dns_kills)]
    assert len(near) == len(result["unanswered_at"]), "a loss without a kill"
    assert daemon.process.poll() is None
