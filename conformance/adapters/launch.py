"""Starts and ends the process of an adapter, apart from everything it should not see.

It runs in an empty folder of its own, which is removed afterwards, with a handful of environment
variables, and in a process group of its own, so that its children end with it.
"""

from __future__ import annotations

import atexit
import contextlib
import os
import re
import shutil
import signal
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Any, Dict, Final, List, Mapping, Optional, Sequence, Tuple

from conformance.adapters.pipes import Pipes, make_pipes
from conformance.adapters.protocol import StartFailure

__all__ = ["Child", "end_children", "resolve", "shell_note"]

_GRACE: Final = 1.0
"""Seconds that an adapter has to end by itself after its input has ended."""
_KILLED: Final = 5.0
"""Seconds that the system has to end a process that was killed."""
_PYTHON = re.compile(r"(python|pypy)[0-9.]*(\.exe)?\Z|py(\.exe)?\Z", re.IGNORECASE)


_OPERATOR = re.compile(r"(\|\|?|&&?|;|[0-9&]?>>?(&[0-9])?|<)\Z")
_ASSIGNMENT = re.compile(r"[A-Za-z_][A-Za-z0-9_]*=")


class Child:
    """A running adapter: its process, its pipes and its folder."""

    def __init__(
        self,
        command: Sequence[str],
        environment: Sequence[str] = (),
        given: Optional[Mapping[str, str]] = None,
    ) -> None:
        """Start a command; `environment` names variables to pass on, `given` has more of them."""
        self._folder = tempfile.mkdtemp(prefix="adapter-")
        _LIVING[self._folder] = None
        words, extra = resolve(command)
        variables = {**_environment(self._folder, environment), **extra, **(given or {})}
        options: Dict[str, Any] = {"start_new_session": True} if hasattr(os, "killpg") else {}
        try:
            self._process = subprocess.Popen(  # noqa: S603  the command is the one asked for
                words,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                bufsize=0,
                cwd=self._folder,
                env=variables,
                **options,
            )
        except (OSError, ValueError) as error:
            self._remove_folder()
            detail = "; ".join(filter(None, (_not_started(words[0], error), shell_note(command))))
            raise StartFailure("crash", detail) from None
        _LIVING[self._folder] = self._process
        self.pipes: Pipes = make_pipes(self._process)
        self._ended = ""

    @property
    def pid(self) -> int:
        """Its process id, which is also the id of its group."""
        return self._process.pid

    @property
    def code(self) -> Optional[int]:
        """Its exit code, negative for the signal that ended it; `None` while it runs."""
        return self._process.poll()

    @property
    def ended(self) -> str:
        """How it ended, such as `exit code 3` or `signal SIGSEGV`; empty while it runs."""
        code = self._process.poll()
        return self._ended or ("" if code is None else _ending(code))

    def wait(self, seconds: float) -> bool:
        """Wait until it has ended, at most so long; return whether it has."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(max(0.0, seconds))
        return self._process.poll() is not None

    def finish(self, grace: float = _GRACE) -> bool:
        """End its input, give it a moment to end by itself, then kill it; return whether it did."""
        self.pipes.end_input()
        deadline = time.monotonic() + grace
        while time.monotonic() < deadline and self._process.poll() is None:
            if self.pipes.receive(min(deadline, time.monotonic() + 0.05)) == b"":
                self.wait(deadline - time.monotonic())
        alone = self._process.poll() is not None
        self.kill()
        return alone

    def kill(self) -> None:
        """Kill it and its children, close the pipes, and remove its folder; may be repeated."""
        code = self._process.poll()
        if code is not None:
            self._ended = _ending(code)
        _kill_group(self._process)
        self.wait(_KILLED)
        self.pipes.close()
        self._remove_folder()

    def _remove_folder(self) -> None:
        shutil.rmtree(self._folder, ignore_errors=True)
        _LIVING.pop(self._folder, None)

    def end_group(self) -> None:
        """Kill it and its children, from whatever thread; who waits for it sees its end."""
        _kill_group(self._process)


_LIVING: Final[Dict[str, Optional[subprocess.Popen[bytes]]]] = {}
"""Folder -> process of each child that was not ended."""


def end_children() -> None:
    """Kill every child that is left, and remove its folder: this process is about to end.

    Threads that were given up, and people who interrupt what ends the others, leave some.
    """
    for folder, process in list(_LIVING.items()):
        if process is not None:
            _kill_group(process)
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(_KILLED)
        shutil.rmtree(folder, ignore_errors=True)
        _LIVING.pop(folder, None)


def _at_exit() -> None:
    for number in (signal.SIGINT, signal.SIGTERM):
        with contextlib.suppress(ValueError, OSError):
            signal.signal(number, signal.SIG_IGN)  # it takes a moment, and must come to its end
    end_children()


atexit.register(_at_exit)
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_LIVING.clear)  # they are the parent's


def resolve(command: Sequence[str]) -> Tuple[List[str], Dict[str, str]]:
    """Return the command as it works in another folder, and the variables that it needs for that.

    Words that name an existing file become absolute, and so do folders that are written as a path.
    Where Python is started with `-m` and the module lies in the current folder, PYTHONPATH is that
    folder, because Python would have looked there.
    """
    words = [_program(command[0]), *(_argument(word) for word in command[1:])]
    variables: Dict[str, str] = {}
    if _PYTHON.match(Path(command[0]).name) and "-m" in command[1:-1]:
        place = command.index("-m", 1) + 1
        words[place] = command[place]
        top = Path(command[place].split(".")[0])
        if top.is_dir() or top.with_suffix(".py").is_file():
            variables["PYTHONPATH"] = str(Path.cwd())
    return words, variables


def _program(word: str) -> str:
    path = Path(word)
    written_as_path = os.sep in word or bool(os.altsep and os.altsep in word)
    if written_as_path or (path.is_file() and shutil.which(word) is None):
        return str(path.absolute()) if path.exists() else word
    return word


def _argument(word: str) -> str:
    path = Path(word)
    try:
        named = path.is_file() or (path.is_dir() and (os.sep in word or word in {".", ".."}))
    except (OSError, ValueError):  # too long for a name, or holds a zero byte
        named = False
    return str(path.absolute()) if named and not word.startswith("-") else word


def _environment(folder: str, names: Sequence[str]) -> Mapping[str, str]:
    variables = {
        "PATH": os.environ.get("PATH", os.defpath),
        "HOME": folder,
        "LANG": "C.UTF-8",
    }
    if os.name == "nt":
        variables["SYSTEMROOT"] = os.environ.get("SYSTEMROOT", "")
    variables.update({name: os.environ[name] for name in names if name in os.environ})
    return variables


def _not_started(program: str, error: Exception) -> str:
    """Say why a program could not be started, and what to do."""
    if not program:
        return "the command of the adapter begins with an empty word"
    if isinstance(error, FileNotFoundError):
        if Path(program).exists():
            return (
                f"{program} could not be started: the program that its first line names is missing"
            )
        return (
            f"there is no program {program}; name it by a path such as ./adapter,"
            " or by a name that PATH finds"
        )
    if isinstance(error, PermissionError):
        return (
            f"{program} is not executable; run chmod +x on it,"
            " or put the program that runs it in front, such as python3"
        )
    if isinstance(error, OSError) and "Exec format" in str(error.strerror):
        return (
            f"{program} is not a program of this system; a script needs a first line such as"
            " #!/usr/bin/env python3"
        )
    return f"{program} could not be started: {error}"


def shell_note(command: Sequence[str]) -> str:
    """Return what to know about a command that was written for a shell; empty for others."""
    found = [word for word in command if _OPERATOR.match(word)]
    found = found or [word for word in command[:1] if _ASSIGNMENT.match(word)]
    if not found:
        return ""
    return (
        f"there is no shell, so {found[0]} was handed on as a word: put the line into a script,"
        " or write sh -c '...'"
    )


def _ending(code: int) -> str:
    if code >= 0:
        return f"exit code {code}"
    with contextlib.suppress(ValueError):
        return f"signal {signal.Signals(-code).name}"
    return f"signal {-code}"


def _kill_group(process: subprocess.Popen[bytes]) -> None:
    """Kill a process and its group; on systems without groups the process alone."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        if hasattr(os, "killpg"):
            os.killpg(process.pid, signal.SIGKILL)
    if process.poll() is None:
        with contextlib.suppress(OSError):
            process.kill()
