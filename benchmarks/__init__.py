"""The benches of ``python3 manage.py bench``: figures, and the command that gives them. One file each."""

from collections.abc import Callable, Sequence

from benchmarks.crash import bench_crash
from benchmarks.deliveries import bench_deliveries
from benchmarks.fuzz import bench_fuzz
from benchmarks.live import bench_live
from benchmarks.load import bench_load
from benchmarks.scan import bench_scan
from benchmarks.tls import bench_tls

type Bench = Callable[[Callable[[str], object], Sequence[str]], None]
"""Takes where to write its lines, and the arguments that stood behind its name."""

BENCHES: dict[str, Bench] = {
    "crash": bench_crash,
    "deliveries": bench_deliveries,
    "fuzz": bench_fuzz,
    "live": bench_live,
    "load": bench_load,
    "scan": bench_scan,
    "tls": bench_tls,
}
