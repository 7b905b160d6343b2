"""Where a secret is fetched from at the moment it is needed: a systemd credential, a file, an environment variable.

Credentials: systemd.exec(5), LoadCredential=. No message holds a secret's value, and nothing here logs.
"""

import os
import stat
from pathlib import Path

from syncd.config import SecretRef
from syncd.errors import NotPermitted, SecretUnavailable

LARGEST = 64 * 1024
OTHERS = stat.S_IRWXG | stat.S_IRWXO


def resolve(ref: SecretRef) -> str:
    """The secret, without one newline at its end.

    Raises `SecretUnavailable` when it can't be had from here, `NotPermitted` when its file is open to others or closed
    to us.
    """
    if ref.credential is not None:
        return _of_credential(ref.credential)
    if ref.file is not None:
        return _text(_of_file(Path(ref.file)), f"the secret file {ref.file}")
    return _of_variable(ref.env or "")


def for_the_service_only(ref: SecretRef) -> bool:
    """Is this a secret that systemd hands to the service, while this process is not the service?"""
    return ref.credential is not None and not os.environ.get("CREDENTIALS_DIRECTORY")


def _of_credential(name: str) -> str:
    folder = os.environ.get("CREDENTIALS_DIRECTORY")
    if not folder:
        raise SecretUnavailable(
            f"the credential {name!r} is handed to the service only; it can't be seen from here",
            "let the running service do it, or use a { file = ... } this user can read",
        )
    try:
        data = Path(folder, name).read_bytes()
    except OSError as error:
        raise SecretUnavailable(
            f"systemd handed over no credential {name!r}",
            f"add LoadCredential={name}:/etc/syncd/secrets/{name} to the unit (systemctl edit syncd) and restart it",
        ) from error
    return _text(data, f"the credential {name!r}")


def _of_file(path: Path) -> bytes:
    """Opened first and judged by what is open, so that nobody can swap it in between; a pipe would not block."""
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except PermissionError as error:
        raise NotPermitted(
            f"the secret file {path} is not readable for this user",
            "run it as the user the service runs as: runuser -u syncd -- syncd ...",
        ) from error
    except OSError as error:
        raise SecretUnavailable(
            f"the secret file {path} can't be read: {error.strerror}",
            f"create it with mode 0600: install -m 600 /dev/stdin {path}",
        ) from error
    try:
        _judge(path, os.fstat(handle))
        return os.read(handle, LARGEST + 1)
    finally:
        os.close(handle)


def _judge(path: Path, found: os.stat_result) -> None:
    if not stat.S_ISREG(found.st_mode):
        raise SecretUnavailable(
            f"the secret file {path} is not a regular file", "name a file that holds the secret"
        )
    if found.st_mode & OTHERS:
        raise NotPermitted(
            f"the secret file {path} is open to its group or others (mode {stat.S_IMODE(found.st_mode):04o})",
            f"chmod 600 {path}",
        )


def _of_variable(name: str) -> str:
    value = os.environ.get(name, "")
    if not value:
        raise SecretUnavailable(
            f"the environment variable {name} with a secret is not set", f"set {name} before starting"
        )
    return _stripped(value)


def _text(data: bytes, what: str) -> str:
    if len(data) > LARGEST:
        raise SecretUnavailable(
            f"{what} is larger than {LARGEST // 1024} KiB", "it should hold the secret and nothing else"
        )
    text = _decoded(data)
    if text is None:
        raise SecretUnavailable(f"{what} is not UTF-8 text", "store the secret as text")
    if not _stripped(text):
        raise SecretUnavailable(f"{what} is empty", "put the secret into it")
    return _stripped(text)


def _decoded(data: bytes) -> str | None:
    """None instead of an error, for the error would carry the bytes it failed on, and they are the secret's."""
    try:
        return data.decode()
    except UnicodeDecodeError:
        return None


def _stripped(text: str) -> str:
    return text.removesuffix("\n").removesuffix("\r")
