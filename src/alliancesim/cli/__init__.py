# PYTHON_ARGCOMPLETE_OK
"""The command ``alliancesim``: subcommands of argparse, everything heavy imported when it is needed."""

from __future__ import annotations

import argparse
import errno
import os
import sys
from collections.abc import Callable, Sequence
from typing import Any, NoReturn

from alliancesim.errors import SystemTerminated, UserError

GO_ON = ("sweep", "compare", "calibrate", "advise", "reproduce")
"""Commands that go on where they were stopped."""

# Output that cannot be written is the user's to mend, other errors of the system keep their traceback.
_OUTPUT_ERRNOS = {
    number: words
    for name, words in (
        ("ENOSPC", "the disk is full"),
        ("EDQUOT", "the quota of the disk is used up"),
        ("EACCES", "no permission to write there"),
        ("EPERM", "no permission to write there"),
        ("EROFS", "the disk is read-only"),
        ("EFBIG", "the file is too large for the disk"),
    )
    if (number := getattr(errno, name, None)) is not None
}


class Parser(argparse.ArgumentParser):
    """A parser whose errors are one line, and whose epilogue may be made only when it is shown."""

    def __init__(self, *args: Any, late_epilog: Callable[[], str] | None = None, **kwargs: Any) -> None:
        kwargs.setdefault("formatter_class", argparse.RawDescriptionHelpFormatter)
        kwargs.setdefault("allow_abbrev", False)
        super().__init__(*args, **kwargs)
        self.late_epilog = late_epilog

    def format_help(self) -> str:
        """The help, with the late epilogue."""
        if self.late_epilog is not None:
            self.epilog = self.late_epilog()
        return super().format_help()

    def error(self, message: str) -> NoReturn:
        """Say what is wrong in one line, exit with status 2."""
        self.exit(2, f"{self.prog}: {' '.join(message.split())} (see {self.prog} --help)\n")


class _Version(argparse.Action):
    """Prints the version; looked up only when asked for."""

    def __init__(self, option_strings: Sequence[str], dest: str, help: str | None = None) -> None:
        super().__init__(option_strings, dest=argparse.SUPPRESS, nargs=0, help=help)

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> None:
        print(f"alliancesim {version()}")
        parser.exit(0)


def version() -> str:
    """Version of the installed package; of none, when run from a checkout that is not installed."""
    from importlib.metadata import PackageNotFoundError
    from importlib.metadata import version as installed

    try:
        return installed("alliancesim")
    except PackageNotFoundError:
        return "0+checkout"


def make_parser() -> Parser:
    """The parser of the command and its subcommands."""
    from alliancesim.cli import (
        advise,
        calibrate,
        compare,
        export,
        listing,
        plan,
        report,
        reproduce,
        rerun,
        run,
        schema,
        status,
        sweep,
        why,
    )

    parser = Parser(
        prog="alliancesim",
        description="Simulates the alliances of associations, firms and local governments on a territory.",
    )
    parser.add_argument("--version", action=_Version, help="print the version")
    subparsers = parser.add_subparsers(dest="command", metavar="command", required=True, parser_class=Parser)
    for module in (
        run,
        sweep,
        status,
        compare,
        calibrate,
        advise,
        report,
        reproduce,
        rerun,
        why,
        export,
        plan,
        listing,
        schema,
    ):
        module.add_parser(subparsers)
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command.

    Parameters
    ----------
    argv : sequence of str, optional
        Arguments without the command's name; ``sys.argv`` if left out.

    Returns
    -------
    int
        0 done; 1 a rerun that differs; 2 a mistake of the user, or output that cannot be written; 3 runs of an experiment
        that failed; 130 interrupted; 141 the reader of the output went away; 143 terminated.
    """
    try:
        status = _main(argv)
        sys.stdout.flush()
        return status
    except BrokenPipeError:
        # Python flushes again at exit: give it somewhere to write to.
        try:
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        except (OSError, ValueError):
            pass
        return 141
    except UserError as error:
        return _fail(str(error))
    except KeyboardInterrupt:
        return _fail(_interrupted(argv, "interrupted"), 130)
    except SystemTerminated:
        return _fail(_interrupted(argv, "terminated"), 143)
    except MemoryError:
        return _fail("not enough memory; a smaller territory or population.sample below 1 needs less")
    except OSError as error:
        if error.errno not in _OUTPUT_ERRNOS:
            raise
        return _fail(f"{error.filename or 'output'}: {_OUTPUT_ERRNOS[error.errno]}")


def _main(argv: Sequence[str] | None) -> int:
    parser = make_parser()
    if "_ARGCOMPLETE" in os.environ:
        try:
            import argcomplete
        except ImportError:  # an optional package; a shell that asks for completions gets none
            return 1
        argcomplete.autocomplete(parser)
    args, rest = parser.parse_known_args(argv)
    # argparse takes only one block of positional arguments: key=value may stand after an option too.
    if "overrides" in args and all("=" in text and not text.startswith("-") for text in rest):
        args.overrides += rest
    elif rest:
        parser.error(f"unrecognized arguments: {' '.join(rest)}")
    status: int = args.function(args)
    return status


def _interrupted(argv: Sequence[str] | None, word: str) -> str:
    words = sys.argv[1:] if argv is None else argv
    return f"{word}; the same command goes on from here" if words and words[0] in GO_ON else word


def _fail(message: str, status: int = 2) -> int:
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        pass
    print(f"alliancesim: {message}", file=sys.stderr)
    return status
