"""Each queue has a worker of its own in ``up``, so nobody who waits stands behind the background."""

from webui.management.commands import up
from webui.scans.models import Scan
from webui.supervision import Part


def queue_of(worker: Part) -> str:
    """What stands behind -Q."""
    return worker.command[worker.command.index("-Q") + 1]


def test_a_worker_for_each_queue() -> None:
    """Every queue that a scan can be in is taken from, by one worker, which takes from no other."""
    assert sorted(map(queue_of, up._workers())) == sorted(Scan.Queue.values)


def test_sweeps_are_timed_by_a_part_of_its_own() -> None:
    """Which is started again when it dies, as a timer inside a worker isn't."""
    assert [worker.name for worker in up._workers() if {"-B", "--beat"} & {*worker.command}] == []
    assert "beat" in up._timer().command


def test_the_background_gives_way_on_the_cpu() -> None:
    polite = [queue_of(worker) for worker in up._workers() if worker.command[0] == "nice"]
    assert polite == [Scan.Queue.BACKGROUND]


def test_names_of_workers_differ() -> None:
    """Two of one name would be one to Celery."""
    names = [worker.command[worker.command.index("-n") + 1] for worker in up._workers()]
    assert len(set(names)) == len(names)
