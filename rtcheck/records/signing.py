"""A written report -> its detached signature next to it, by the system's ssh-keygen or minisign; and the check of one.

No key format and no cryptography of our own: `report.json.sig` is what `ssh-keygen -Y sign -n rtcheck` writes and
`report.json.minisig` what minisign writes, so that either can be checked without rtcheck.
"""

import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path

from rtcheck.errors import RtcheckError, UsageError
from rtcheck.values import dataclass

NAMESPACE = "rtcheck"  # ssh-keygen: a signature made for another purpose is not one of a report
SSH_SUFFIX, MINISIGN_SUFFIX = ".sig", ".minisig"
TIMEOUT_S = 120  # a key with a passphrase asks on the terminal


@dataclass(frozen=True, slots=True, kw_only=True)
class Signature:
    """What the check of a signature gave: whether it is good, and by whom, in one sentence."""

    is_good: bool
    text: str


def sign(path: Path, key: Path) -> Path:
    """Sign the file with a private key of ssh-keygen or minisign; the signature is written next to it.

    Raises:
        UsageError: the key is not there or not a private key, or its program is not installed.
    """
    head = _start_of(key)
    if "minisign" in head:
        target = path.with_name(path.name + MINISIGN_SUFFIX)
        done = _run(["minisign", "-S", "-s", str(key), "-m", str(path), "-x", str(target)])
    elif "PRIVATE KEY" in head:
        target = path.with_name(path.name + SSH_SUFFIX)
        target.unlink(missing_ok=True)  # ssh-keygen asks before it replaces one
        done = _run(["ssh-keygen", "-Y", "sign", "-f", str(key), "-n", NAMESPACE, str(path)])
    else:
        raise UsageError(f"{key}: not a private key of ssh-keygen or minisign.")
    if done.returncode != 0 or not target.is_file():
        raise RtcheckError(f"{path} could not be signed with {key}: {_last_line(done)}")
    return target


def signature_of(path: Path) -> Path | None:
    """The signature next to a report, or None."""
    beside = (path.with_name(path.name + suffix) for suffix in (SSH_SUFFIX, MINISIGN_SUFFIX))
    return next((each for each in beside if each.is_file()), None)


def check_signature(path: Path, signers: Path | None) -> Signature:
    """Whether the signature next to the report is good.

    `signers` is an OpenSSH allowed_signers file, one OpenSSH public key, or a minisign public key. Without it only a
    signature of ssh-keygen can be checked, and only for the file's integrity: anyone could have made it.
    """
    signature = signature_of(path)
    if signature is None:
        return Signature(
            is_good=False, text=f"{path.name} has no signature next to it ({SSH_SUFFIX} or {MINISIGN_SUFFIX})."
        )
    if signature.suffix == MINISIGN_SUFFIX:
        return _check_minisign(path, signature, signers)
    if signers is None:
        words = ["ssh-keygen", "-Y", "check-novalidate", "-n", NAMESPACE, "-s", str(signature)]
        done = _run(words, standard_input=path)
        return _answer(done, "The signature is intact; --signed-by FILE checks the signer.")
    return _check_ssh(path, signature, signers)


def _check_ssh(path: Path, signature: Path, signers: Path) -> Signature:
    with tempfile.TemporaryDirectory(prefix="rtcheck-signers-") as folder:
        allowed = Path(folder) / "allowed_signers"
        allowed.write_text(_allowed_signers(signers), "utf-8")
        found = _run(["ssh-keygen", "-Y", "find-principals", "-s", str(signature), "-f", str(allowed)])
        if found.returncode != 0:
            return Signature(is_good=False, text=f"The signature was not made by a signer in {signers.name}.")
        signer = found.stdout.decode(errors="replace").strip().splitlines()[0]
        words = ["ssh-keygen", "-Y", "verify", "-f", str(allowed), "-I", signer, "-n", NAMESPACE, "-s", str(signature)]
        done = _run(words, standard_input=path)
    return _answer(done, f"Signed by {signer if signer != signers.stem else signers.name}.")


def _allowed_signers(signers: Path) -> str:
    """The file itself, or the line that allows the one public key that it holds."""
    text = _read(signers)
    first = text.split(maxsplit=1)[0] if text.strip() else ""
    if first.startswith(("ssh-", "ecdsa-", "sk-")):
        return f"{signers.stem} {text.strip()}\n"
    return text


def _check_minisign(path: Path, signature: Path, signers: Path | None) -> Signature:
    if signers is None:
        return Signature(
            is_good=True, text="Signed with minisign; --signed-by FILE (a public key) checks the signature."
        )
    done = _run(["minisign", "-V", "-q", "-p", str(signers), "-m", str(path), "-x", str(signature)])
    return _answer(done, f"Signed by {signers.name}.")


def _answer(done: "subprocess.CompletedProcess[bytes]", good: str) -> Signature:
    if done.returncode == 0:
        return Signature(is_good=True, text=good)
    return Signature(is_good=False, text="The signature does not match the report: one of the two was changed.")


def _run(words: Sequence[str], *, standard_input: Path | None = None) -> "subprocess.CompletedProcess[bytes]":
    try:
        if standard_input is None:
            return subprocess.run(words, capture_output=True, timeout=TIMEOUT_S, check=False)
        with standard_input.open("rb") as content:
            return subprocess.run(words, stdin=content, capture_output=True, timeout=TIMEOUT_S, check=False)
    except FileNotFoundError:
        raise UsageError(f"Signatures need the program {words[0]}, which is not installed.") from None
    except subprocess.TimeoutExpired:
        raise RtcheckError(f"{words[0]} did not finish within {TIMEOUT_S} s.") from None


def _start_of(key: Path) -> str:
    return _read(key)[:100]


def _read(path: Path) -> str:
    try:
        return path.read_text("utf-8", errors="replace")
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}.") from error


def _last_line(done: "subprocess.CompletedProcess[bytes]") -> str:
    lines = (done.stderr or done.stdout).decode(errors="replace").strip().splitlines()
    return lines[-1] if lines else "no reason given"
