"""A Postfix of one's own from the Debian package: configuration, queue and log in a folder, listeners as asked."""

import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.real.processes import LabError

MAIN_CF = """\
compatibility_level = 3.6
queue_directory = {folder}/queue
data_directory = {folder}/data
maillog_file = {folder}/mail.log
maillog_file_prefixes = {folder}
mail_owner = postfix
inet_protocols = ipv4
mynetworks =
mydestination =
smtpd_relay_restrictions = reject
smtpd_peername_lookup = no
"""
MASTER_CF = """\
postlog   unix-dgram n - n - 1 postlogd
tlsmgr    unix - - n 1000? 1 tlsmgr
anvil     unix - - n - 1 anvil
proxymap  unix - - n - - proxymap
rewrite   unix - - n - - trivial-rewrite
cleanup   unix n - n - 0 cleanup
pickup    unix n - n 60 1 pickup
qmgr      unix n - n 300 1 qmgr
"""


@contextmanager
def running(folder: Path, services: str, settings: str = "") -> Iterator[None]:
    """Run it until the context ends. ``services`` are lines of master.cf, ``settings`` of main.cf.

    ``folder`` is one that user postfix can reach. Raises LabError, with what Postfix said, where it does not start.
    """
    config, data = folder / "config", folder / "data"
    for made in (config, folder / "queue", data):
        made.mkdir(parents=True, exist_ok=True)  # a caller may have furnished the queue as a jail
    shutil.chown(data, "postfix")
    (config / "main.cf").write_text(MAIN_CF.format(folder=folder) + settings)
    (config / "master.cf").write_text(MASTER_CF + services)
    command = ["postfix", "-c", str(config)]
    started = subprocess.run([*command, "start"], capture_output=True, text=True, check=False, timeout=60)
    if started.returncode:
        log = folder / "mail.log"
        said = log.read_text() if log.exists() else ""
        raise LabError(f"postfix did not start: {started.stdout}{started.stderr}{said}")
    try:
        yield
    finally:
        subprocess.run([*command, "stop"], capture_output=True, check=False, timeout=60)


def service(
    listens: str, program: str, *options: str, kind: str = "inet", most: str = "-", chroot: bool = False
) -> str:
    """Lines of master.cf for one service."""
    private, jailed = "n" if kind == "inet" else "-", "y" if chroot else "n"
    lines = [f"{listens} {kind} {private} - {jailed} - {most} {program}", *(f"  -o {option}" for option in options)]
    return "\n".join(lines) + "\n"
