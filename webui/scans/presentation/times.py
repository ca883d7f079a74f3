"""Times in words: always the absolute time in UTC first, since "12 minutes ago" is no use on paper."""

from datetime import UTC, datetime, timedelta

# strftime would follow the process's locale.
_MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip
_UNITS = ((86400, "day"), (3600, "hour"), (60, "minute"), (1, "second"))
_NOW_S = 10


def parse_time(text: str) -> datetime:
    """A time of the report (RFC 3339). Raises ValueError for anything else."""
    return datetime.fromisoformat(text).astimezone(UTC)


def day(moment: datetime) -> str:
    """``23 November 2026``."""
    return f"{moment.day} {_MONTHS[moment.month - 1]} {moment.year}"


def day_and_time(moment: datetime) -> str:
    """``23 November 2026, 16:02 UTC``."""
    return f"{day(moment)}, {moment:%H:%M} UTC"


def short_day(moment: datetime, now: datetime) -> str:
    """``9 Feb``, with the year where it isn't plain which year is meant."""
    short = f"{moment.day} {_MONTHS[moment.month - 1][:3]}"
    return short if abs(moment - now) < timedelta(days=300) else f"{short} {moment.year}"


def earlier(seen_at: str, started_at: str) -> str:
    """Of what one check took over from another: ``seen at 16:02 UTC, for an earlier check``."""
    seen, started = parse_time(seen_at), parse_time(started_at)
    when = f"at {seen:%H:%M} UTC" if seen.date() == started.date() else f"on {day_and_time(seen)}"
    return f"seen {when}, for an earlier check"


def ago(moment: datetime, now: datetime) -> str:
    """``12 minutes ago``; under ten seconds, or where clocks disagree, ``just now``."""
    seconds = (now - moment).total_seconds()
    for size, unit in _UNITS:
        if seconds >= max(size, _NOW_S):
            return f"{counted(int(seconds // size), unit)} ago"
    return "just now"


def counted(number: int, noun: str, plural: str = "") -> str:
    """``1 server``, ``2 servers``, ``3 addresses``."""
    return f"{number} {noun if number == 1 else plural or noun + 's'}"


def milliseconds(value: int) -> str:
    """``31 ms``, from one second on ``6.2 s``."""
    return f"{value} ms" if value < 1000 else f"{value / 1000:.1f} s"


def lasting(seconds: int) -> str:
    """``7 days``, ``1 hour``, in the largest unit that has room; ``about`` where that is not the whole."""
    size, unit = next(((size, unit) for size, unit in _UNITS if seconds >= size), _UNITS[-1])
    about = "about " if seconds % size else ""
    return f"{about}{counted(seconds // size, unit)}"
