"""The published JSON Schemas by name: one file beside this one for each output."""

from importlib import resources

from rtcheck.errors import UsageError

_SUFFIX = ".schema.json"


def schema_names() -> tuple[str, ...]:
    """The names of all schemas, in alphabetical order."""
    files = (entry.name for entry in resources.files(__name__).iterdir())
    return tuple(sorted(name.removesuffix(_SUFFIX) for name in files if name.endswith(_SUFFIX)))


def schema_text(name: str) -> str:
    """The schema of that name as JSON text."""
    if name not in schema_names():
        raise UsageError(f'Unknown schema "{name}"; known: {", ".join(schema_names())}.')
    return resources.files(__name__).joinpath(name + _SUFFIX).read_text("utf-8")
