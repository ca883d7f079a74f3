"""The benches of ``python3 manage.py bench``: figures, and the command that gives them. One file each."""

from collections.abc import Callable

from benchmarks.scan import bench_scan

type Bench = Callable[[Callable[[str], object]], None]

BENCHES: dict[str, Bench] = {"scan": bench_scan}
