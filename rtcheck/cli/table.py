"""The table of commands: name -> where its function is and what it is for; imported only when it runs."""

import functools
import inspect
from collections.abc import Callable
from importlib import import_module
from typing import TYPE_CHECKING, Any, NoReturn

from rtcheck.errors import RtcheckError, UsageError
from rtcheck.values import dataclass

if TYPE_CHECKING:
    import typer

DEFAULT_COMMAND = "check"


@dataclass(frozen=True, slots=True)
class Command:
    """`target` is "module:name" of a function, or of a dict of functions for a command with commands of its own.

    `summary` is one line for the overview; the function's docstring is the help in full.
    """

    target: str
    summary: str


COMMANDS: dict[str, Command] = {
    "check": Command(
        "rtcheck.cli.commands.check:check", "Check a plan against a protocol. The word check can be omitted."
    ),
    "qa": Command("rtcheck.cli.commands.qa:qa", "Check the plan and its structures themselves, without a protocol."),
    "isotoxic": Command("rtcheck.cli.commands.isotoxic:isotoxic", "The highest prescription that the limits allow."),
    "serve": Command("rtcheck.cli.commands.serve:serve", "Open the workbench: check plans by hand in the browser."),
    "batch": Command("rtcheck.cli.commands.batch:batch", "Check every plan below a folder."),
    "cohort": Command("rtcheck.cli.commands.cohort:cohort", "Statistics over the plans of a batch."),
    "compare": Command("rtcheck.cli.commands.compare:compare", "Compare plans of one patient side by side."),
    "diff": Command("rtcheck.cli.commands.diff:diff", "Compare two exports of one plan, element by element."),
    "dvh": Command("rtcheck.cli.commands.dvh:dvh", "Dose-volume metrics of structures, without limits."),
    "structures": Command(
        "rtcheck.cli.commands.structures:structures", "List the structures, and how protocol names are matched."
    ),
    "protocols": Command(
        "rtcheck.cli.commands.protocols:COMMANDS", "List, draft, show, compare, lint, import, export protocols."
    ),
    "facts": Command("rtcheck.cli.commands.facts:facts", "Print a template for a protocol's clinical facts."),
    "conformance": Command(
        "rtcheck.cli.commands.conformance:conformance", "Write DICOM sets with known answers and check them."
    ),
    "guide": Command("rtcheck.cli.commands.guide:guide", "Print a guide, or list the guides."),
    "codes": Command("rtcheck.cli.commands.codes:codes", "List the codes of warnings and errors."),
    "schema": Command("rtcheck.cli.commands.schema:schema", "Print the JSON Schema of an output."),
    "listen": Command("rtcheck.cli.commands.listen:listen", "Run a DICOM node that checks the plans it receives."),
    "watch": Command("rtcheck.cli.commands.watch:watch", "Check plans as they are exported into a folder."),
    "pull": Command("rtcheck.cli.commands.pull:pull", "Fetch plans from DICOMweb or Orthanc and check them."),
    "push": Command("rtcheck.cli.commands.push:push", "Store a PDF report on a DICOMweb server or Orthanc."),
    "verify": Command("rtcheck.cli.commands.verify:verify", "Repeat a recorded check and report differences."),
    "version": Command("rtcheck.cli.commands.version:version", "Versions of rtcheck, Python and libraries."),
}


def run(name: str, words: list[str], *, program: str) -> NoReturn:
    """Run a command with its words; leaves by SystemExit. Typer is asked where the words are not plain."""
    try:
        target = _target(COMMANDS[name])
    except RtcheckError as error:  # an environment variable that its module cannot follow
        from rtcheck.cli.errors import say_error

        say_error(str(error))
        raise SystemExit(error.exit_status) from None
    if callable(target):
        from rtcheck.cli.errors import run_guarded
        from rtcheck.cli.grouping import flattened
        from rtcheck.cli.quick import quick_options

        flat = flattened(target)
        options = quick_options(inspect.signature(flat).parameters.values(), words)
        if options is not None:
            raise SystemExit(run_guarded(functools.partial(flat, **options)))
    elif not words and "list" in target:
        words = ["list"]  # `rtcheck protocols` alone
    raise SystemExit(_asked_of_typer(load(COMMANDS[name], name), words, f"{program} {name}"))


ONCE = frozenset({"--output", "--out", "--protocol"})
"""Options of which a second value would be dropped in silence: a file, or a check that somebody waits for."""


def _asked_of_typer(app: "typer.Typer", words: list[str], program: str) -> int:
    """Run by Typer; a fault in the words is told as every other error is, and --help comes without Python's types."""
    from typer.main import get_command

    from rtcheck.cli.errors import say_error, say_usage_error

    command = get_command(app)
    called = getattr(command, "commands", {}).get(words[0] if words else "", command)
    if option := _given_twice(called, words):
        say_error(f"{option} was given more than once; this command takes one.\n`{program} --help` lists the options.")
        return UsageError.exit_status
    for each in (command, *getattr(command, "commands", {}).values()):
        for parameter in each.params:
            if parameter.param_type_name == "argument":
                parameter.display_type_rich = _no_type
    try:
        return command.main(args=words, prog_name=program, standalone_mode=False) or 0
    except Exception as error:
        if not hasattr(error, "format_message"):  # click's root, which Typer brings along under another name
            raise
        return say_usage_error(error, program)


def _given_twice(command: Any, words: list[str]) -> str:
    """The one of ONCE that takes one value here and was given several; "" without one."""
    for parameter in command.params:
        flags = set(parameter.opts)
        if parameter.multiple or not flags & ONCE:
            continue
        given = [word for word in words if word.partition("=")[0] in flags or (word[:2] in flags and word[1] != "-")]
        if len(given) > 1:
            return str(min(flags & ONCE))
    return ""


def _no_type(ctx: object) -> None:  # noqa: ARG001
    return None


def load(command: Command, name: str) -> "typer.Typer":
    """The command as a Typer app of its own, ready to be called with its arguments."""
    from rtcheck.cli.declared import told_to_typer
    from rtcheck.cli.help_sections import in_sections

    app = _new_app(name)
    target = _target(command)
    functions = {name: target} if callable(target) else target
    if target is functions:
        app.callback(help=command.summary)(_nothing)
    for subname, function in functions.items():
        run_it = told_to_typer(guarded(function))
        kind = in_sections(run_it.headings)  # type: ignore[attr-defined]
        app.command(subname, cls=kind, help=function.__doc__, context_settings=_HELP_OPTIONS)(run_it)
    return app


def whole_app() -> "typer.Typer":
    """All commands in one app, for shell completion."""
    from rtcheck.cli.declared import told_to_typer

    app = _new_app(None)
    for name, command in COMMANDS.items():
        target = _target(command)
        if callable(target):
            app.command(name, help=command.summary)(told_to_typer(guarded(target)))
        else:
            app.add_typer(load(command, name), name=name, help=command.summary)
    return app


def guarded(function: Callable[..., int | None]) -> Callable[..., None]:
    """The command with its options flattened, its errors told in a paragraph, and its return value as exit status."""
    from rtcheck.cli.errors import run_guarded
    from rtcheck.cli.grouping import flattened

    flat = flattened(function)

    @functools.wraps(flat)
    def to_exit_status(*args: Any, **options: Any) -> None:
        raise SystemExit(run_guarded(functools.partial(flat, *args, **options)))

    return to_exit_status


_HELP_OPTIONS = {"help_option_names": ["-h", "--help"]}


def _new_app(name: str | None) -> "typer.Typer":
    import typer

    return typer.Typer(
        name=name,
        no_args_is_help=False,
        add_completion=name is None,
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
        context_settings=_HELP_OPTIONS,
    )


def _target(command: Command) -> Any:
    module, _, attribute = command.target.partition(":")
    return getattr(import_module(module), attribute)


def _nothing() -> None:
    """Commands of their own follow."""
