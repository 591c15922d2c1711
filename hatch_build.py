"""Builds the compiled kernel of the engine with the wheel, where there is a C compiler; elsewhere numpy does its work.

`python hatch_build.py` builds it in place, for work on the sources. RTCHECK_BUILD_KERNEL=no skips it, and =required
makes a build without it fail.
"""

import os
import shutil
import subprocess
import sys
import sysconfig
import tempfile
import zlib
from pathlib import Path
from typing import Any

try:
    from hatchling.builders.hooks.plugin.interface import BuildHookInterface
except ImportError:  # built in place, without hatchling
    BuildHookInterface = object  # type: ignore[assignment, misc]

ROOT = Path(__file__).resolve().parent
FOLDER = ROOT / "rtcheck" / "geometry" / "_kernel"
LIBRARY = FOLDER / "_native.abi3.so"

# No contraction of a * b + c: results must not depend on the processor. Elementwise loops may use vectors, even if
# both sides of a condition are computed then: nothing looks at the flags of floating-point exceptions.
# A function outside Python's stable ABI is an error for every compiler, not for newer ones alone.
FLAGS = [
    "-O3", "-std=c11", "-fPIC", "-fvisibility=hidden", "-ffp-contract=off", "-fno-math-errno", "-fno-trapping-math",
    "-Werror=implicit-function-declaration",
]  # fmt: skip


class KernelBuildHook(BuildHookInterface):  # type: ignore[misc, valid-type]
    """Hatchling's hook: a wheel with the kernel is of this platform, one without of any."""

    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        if self.target_name != "wheel" or not built():
            return
        build_data["artifacts"].append(str(LIBRARY.relative_to(ROOT)))
        if version != "editable":
            platform = sysconfig.get_platform().replace("-", "_").replace(".", "_")
            build_data["pure_python"] = False
            build_data["tag"] = f"cp311-abi3-{platform}"


def built(*, extra_flags: tuple[str, ...] = ()) -> bool:
    """Whether the kernel was built; why not is printed. Raises RuntimeError where it is required."""
    choice = os.environ.get("RTCHECK_BUILD_KERNEL", "")
    reason = "RTCHECK_BUILD_KERNEL=no" if choice == "no" else _compile(extra_flags)
    if reason:
        LIBRARY.unlink(missing_ok=True)  # an older one would not fit
        sys.stderr.write(f"The compiled kernel was not built ({reason}); numpy is used.\n")
        if choice == "required":
            raise RuntimeError(f"the compiled kernel was not built: {reason}")
    return not reason


def _compile(extra_flags: tuple[str, ...]) -> str:
    """Build the library in place; why that cannot be done, or nothing."""
    compiler = next(filter(None, map(shutil.which, filter(None, (os.environ.get("CC"), "cc", "gcc", "clang")))), None)
    headers = Path(sysconfig.get_paths()["include"])
    if sys.platform == "win32":
        return "not on Windows"
    if compiler is None:
        return "no C compiler"
    if not (headers / "Python.h").exists():
        return f"no Python.h in {headers}"
    shared = ["-bundle", "-undefined", "dynamic_lookup"] if sys.platform == "darwin" else ["-shared"]
    with tempfile.TemporaryDirectory(dir=FOLDER) as place:
        made = Path(place) / LIBRARY.name
        command = [
            compiler, *FLAGS, *extra_flags, f'-DFINGERPRINT="{fingerprint()}"', f"-I{headers}", *shared,
            *map(str, sorted(FOLDER.glob("*.c"))), "-o", str(made), "-lm",
        ]  # fmt: skip
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            return "the compiler failed: " + (done.stderr.strip().splitlines() or ["no message"])[0]
        os.replace(made, LIBRARY)
    return ""


def fingerprint() -> str:
    """Of the kernel's sources: a library that was built from others is not loaded."""
    sources = sorted([*FOLDER.glob("*.c"), *FOLDER.glob("*.h")])
    return f"{zlib.crc32(b''.join(path.read_bytes() for path in sources)):08x}"


if __name__ == "__main__":
    sys.exit(0 if built(extra_flags=tuple(sys.argv[1:])) else 1)
