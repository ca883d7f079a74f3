"""A scan and the links under which its report can be read.

The one rule of this file: who may write what, and when, stands in ``services``; nothing else writes these rows.
"""

import uuid
from typing import ClassVar

from django.db import models


class Scan(models.Model):
    """One run of the probes for a domain.

    ``facts`` is private versioned JSON (``checker.facts``), ``report`` the public document: both of the last
    snapshot, and never changed again once ``state`` is finished. ``attempts`` counts the workers that took it up,
    and is the number of the lease in force (``services.Lease``). ``fresh``: what the endpoint memory knows won't do.
    ``gave_up``: no worker carried it through, so nobody joins it.
    """

    class State(models.TextChoices):
        """How far it has come. Finished has a report, also where the probes could not be carried through."""

        QUEUED = "queued"
        RUNNING = "running"
        FINISHED = "finished"

    class Queue(models.TextChoices):
        """Which worker takes it: someone waits for the interactive ones."""

        INTERACTIVE = "interactive"
        BACKGROUND = "background"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    domain = models.CharField(max_length=253)
    depth = models.CharField(max_length=10)
    fresh = models.BooleanField(default=False)
    queue = models.CharField(max_length=12, choices=Queue.choices, default=Queue.INTERACTIVE)
    state = models.CharField(max_length=10, choices=State.choices, default=State.QUEUED)
    facts = models.TextField(default="", blank=True)
    report = models.JSONField(null=True)
    level = models.CharField(max_length=20, default="", blank=True)
    score = models.PositiveSmallIntegerField(null=True)
    created_at = models.DateTimeField()
    queued_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)
    lease_until = models.DateTimeField(null=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    worker = models.CharField(max_length=120, default="", blank=True)
    gave_up = models.BooleanField(default=False)

    class Meta:
        """The sweep looks for what is unfinished among ever more that is finished, a scan for its predecessors, a
        request for a scan to join, and the removal for what was finished long ago.
        """

        indexes: ClassVar = [
            models.Index(fields=["state", "lease_until"], name="scan_state_lease"),
            models.Index(fields=["domain", "finished_at"], name="scan_domain_finished"),
            models.Index(fields=["domain", "created_at"], name="scan_domain_created"),
            models.Index(fields=["finished_at"], name="scan_finished"),
        ]

    def __str__(self) -> str:
        return f"{self.domain} ({self.id})"


class Link(models.Model):
    """A random address under which a scan's report can be read. A scan goes when its last link goes.

    ``secret_hash`` is the SHA-256, in hex, of the secret that may delete the link.
    """

    token = models.CharField(primary_key=True, max_length=64)
    scan = models.ForeignKey(Scan, on_delete=models.CASCADE, related_name="links")
    secret_hash = models.CharField(max_length=64)
    created_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"link to {self.scan_id}"
