#!/usr/bin/env python3
"""Mailseal's commands: up, test, lint, bench, and Django's own.

Outside ``.venv`` this only hands over to ``bootstrap``, which makes one: so it must parse on an old Python.
"""

import os
import sys


def main():
    """Set up if need be, then run the command."""
    if not os.environ.get("MAILSEAL_NO_BOOTSTRAP"):
        import bootstrap

        bootstrap.ensure(sys.argv)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "webui.settings")
    from django.core.management import execute_from_command_line

    from webui.environment import SettingsError, load_env_file

    try:
        load_env_file(sys.argv)
        execute_from_command_line(sys.argv)
    except SettingsError as error:
        sys.stderr.write("{0}\n".format(error))
        return 2
    except KeyboardInterrupt:
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
