"""`python -m parallel_party doctor`, and giving memory back."""

from __future__ import annotations

import json
import os
import subprocess
import sys

from conftest import FREE_THREADED

import parallel_party as pp


def doctor(**environment: str) -> str:
    """What the command prints."""
    answer = subprocess.run(
        [sys.executable, "-m", "parallel_party", "doctor"],
        capture_output=True,
        text=True,
        timeout=60,
        env={**os.environ, **environment},
    )
    assert answer.returncode == 0 and not answer.stderr, answer.stderr
    return answer.stdout


def line(text: str, name: str) -> str:
    """The line of a capability, without its name."""
    return next(line[len(name) + 2 :].strip() for line in text.splitlines() if line.startswith(f"  {name} "))


def capabilities() -> dict[str, str | None]:
    """What the command prints of, in a fresh process: in this one a probe of the tests has an arena cache too."""
    query = "import json, parallel_party._doctor as d; print(json.dumps(d.capabilities()))"
    answer: dict[str, str | None] = json.loads(subprocess.check_output([sys.executable, "-c", query], timeout=60))
    return answer


def test_it_tells_what_is_on() -> None:
    text = doctor()
    for name, reason in capabilities().items():
        assert line(text, name).startswith("on " if reason is None else f"off  {reason}"), text
    assert text.splitlines()[0].startswith("CPython ") and "\n  cpu " in text and "\n  cuda" in text


def test_it_tells_why_something_is_off() -> None:
    assert "PARALLEL_PARTY_POOLS=0" in line(doctor(PARALLEL_PARTY_POOLS="0"), "pools") or "GIL" in doctor()
    assert "PARALLEL_PARTY_ARENA_CACHE=0" in line(doctor(PARALLEL_PARTY_ARENA_CACHE="0"), "warm arenas")
    assert FREE_THREADED or line(doctor(PYTHONMALLOC="malloc"), "pools").startswith("off")
    assert line(doctor(PARALLEL_PARTY_RAW_READS="0"), "raw reads").startswith("off")
    for name in ("pools", "pools for rows", "pools for records"):
        assert line(doctor(PYTHONTRACEMALLOC="1"), name).startswith("off")


def test_it_tells_which_settings_are_wrong() -> None:
    assert "settings" not in doctor(PARALLEL_PARTY_DEVICE="cpu", PARALLEL_PARTY_NUM_THREADS="2")
    assert "  PARALLEL_PARTY_NUM_THREADS must be a number" in doctor(PARALLEL_PARTY_NUM_THREADS="x")
    assert "  PARALLEL_PARTY_DEVICE: unknown device 'gpu'" in doctor(PARALLEL_PARTY_DEVICE="gpu")
    assert "  PARALLEL_PARTY_EFFORT must be quick or full, not 'much'" in doctor(PARALLEL_PARTY_EFFORT="much")


def test_a_wrong_command_is_explained() -> None:
    command = [sys.executable, "-m", "parallel_party", "heal"]
    answer = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert answer.returncode == 2 and "doctor" in answer.stderr


def test_trim_gives_back_what_is_kept() -> None:
    result = pp.map(lambda v: (v, v * 2.0), [float(i) for i in range(200_000)], device="cpu")
    del result
    assert pp.trim() > 2**20
    assert pp.trim() == 0
    assert len(pp.map(lambda v: (v, v * 2.0), [float(i) for i in range(200_000)], device="cpu")) == 200_000
