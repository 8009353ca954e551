"""The command line: `python -m parallel_party doctor` and `cache`."""

from __future__ import annotations

import argparse

from parallel_party._cache import clear_cache, describe_cache
from parallel_party._doctor import report


def main() -> None:
    """Run the command that was asked for."""
    parser = argparse.ArgumentParser(prog="python -m parallel_party")
    commands = parser.add_subparsers(required=True, metavar="command")
    doctor = commands.add_parser("doctor", help="tell what works in this interpreter and on this machine, and why not")
    doctor.set_defaults(make_text=report)
    cache = commands.add_parser("cache", help="tell where compiled code is kept for later processes, and how much")
    cache.add_argument(
        "--clear", dest="make_text", action="store_const", const=clear_cache, help="remove all of it instead"
    )
    cache.set_defaults(make_text=describe_cache)
    print(parser.parse_args().make_text())


if __name__ == "__main__":
    main()
