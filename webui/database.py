"""When the database can't be used: what it raises then."""

from django.db import DatabaseError, InterfaceError, OperationalError

AWAY = (OperationalError, InterfaceError)


def is_away(failure: Exception) -> bool:
    """Is it that the database can't be used? Its own class is what SQLite raises of a file that is no database."""
    return isinstance(failure, AWAY) or type(failure) is DatabaseError
