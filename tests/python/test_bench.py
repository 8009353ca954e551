"""The benchmark: it measures, it writes figures, and two files of figures can be compared."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

BENCH = Path(__file__).resolve().parents[2] / "bench"


def test_a_small_run_measures_every_workload(tmp_path: Path) -> None:
    figures = tmp_path / "figures.json"
    command = [sys.executable, BENCH / "run.py", "--scale", "0.002", "--only", "pp-cpu", "cupy", "--json", figures]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    workloads = json.loads(figures.read_text())["workloads"]
    assert set(workloads) == {"affine", "sine", "black_scholes", "mandelbrot", "nbody", "euler"}
    for part in workloads.values():
        ours = part["contenders"]["pp-cpu"]
        assert ours["difference"] == 0.0 and ours["ratio"] > 0.0 and len(ours["milliseconds"]) == 5
    assert "parallel_party, cpu" in done.stdout and "identical" in done.stdout


def test_a_small_run_measures_how_threads_scale(tmp_path: Path) -> None:
    figures = tmp_path / "scaling.json"
    command = [sys.executable, BENCH / "scaling.py", "--scale", "0.001", "--kinds", "float", "tuple of 3"]
    command += ["--threads", "1", "2", "--no-plot", "--json", figures]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    kinds = json.loads(figures.read_text())["kinds"]
    assert set(kinds) == {"float", "tuple of 3"}
    for points in kinds.values():
        assert set(points) == {"1", "2"}
        assert all(point["call"] > point["read"] > 0.0 and point["agrees"] for point in points.values())


def test_a_small_run_measures_compile_time(tmp_path: Path) -> None:
    figures = tmp_path / "compile_time.json"
    command = [sys.executable, BENCH / "compile_time.py", "--lines", "10", "100", "--shapes", "branches", "loops"]
    done = subprocess.run([*command, "--rounds", "1", "--json", figures], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    shapes = json.loads(figures.read_text())["shapes"]
    assert set(shapes) == {"branches", "loops"} and "| branches | " in done.stdout
    for points in shapes.values():
        assert set(points) == {"10", "100"}
        assert all(point["call"] > point["compile"] > 0.0 and point["analyse"] > 0.0 for point in points.values())


def test_a_small_run_measures_conversions(tmp_path: Path) -> None:
    figures = tmp_path / "conversions.json"
    command = [sys.executable, BENCH / "conversions.py", "--scale", "0.002", "--only", "array.array", "NumPy"]
    done = subprocess.run([*command, "--json", figures], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    kinds = json.loads(figures.read_text())["kinds"]
    assert "missing" in kinds["tuples of 3"]["array.array"]  # it holds numbers only
    for found in (kinds["floats"]["array.array"], kinds["floats"]["NumPy"], kinds["tuples of 3"]["NumPy"]):
        assert min(found.values()) > 0.0


def report(ratio: float) -> str:
    return json.dumps({"workloads": {"sine": {"contenders": {"pp-cpu": {"ratio": ratio}, "cupy": {"missing": "-"}}}}})


def test_two_runs_are_compared(tmp_path: Path) -> None:
    old, new = tmp_path / "old.json", tmp_path / "new.json"
    old.write_text(report(4.0))
    new.write_text(report(3.0))
    command = [sys.executable, BENCH / "compare.py", old, new]
    assert "0.75" in subprocess.run(command, capture_output=True, text=True, check=True).stdout
    done = subprocess.run([*command, "--fail-below", "0.9"], capture_output=True, text=True)
    assert done.returncode == 1 and "slower" in done.stdout
