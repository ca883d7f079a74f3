"""The benches of ``python3 manage.py bench``: figures with the command that gives them."""

from collections.abc import Callable

from benchmarks.scan import bench_scan

BENCHES: dict[str, Callable[[Callable[[str], object]], None]] = {"scan": bench_scan}
