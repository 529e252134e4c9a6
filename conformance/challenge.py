"""Vectors that nobody has seen: every file made once more from the seed of this run.

The generators are the ones of the published vectors; keys, nonces, certificates and signatures are
others.  A table of the published answers is of no use here.  What cannot be drawn anew, such as the
constants of a standard, is the same again.

Making all of them takes a while, so that processes of their own do it while vectors are being
asked; where none can be started it is done here.
"""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import threading
from pathlib import Path
from typing import (
    Any,
    Callable,
    Dict,
    Final,
    FrozenSet,
    Iterator,
    List,
    Mapping,
    Optional,
    Sequence,
    TextIO,
    Tuple,
)

from conformance.plan import CHALLENGE, Case
from conformance.requirements import SuiteError
from conformance.resources import ROOT, in_archive
from conformance.vectors import VectorFile, parse_file

__all__ = ["fresh_cases", "make_file", "produce", "serve_files", "suite_command"]


def suite_command() -> Tuple[str, ...]:
    """Return the command that runs this suite in another process, to be followed by its words."""
    bare = (sys.executable, "-S", "-E", "-s")
    if in_archive():
        return (*bare, str(ROOT))
    return (*bare, "-m", "conformance")


def make_file(name: str, seed: str) -> VectorFile:
    """Return one file of vectors made from a seed; it depends on the seed and nothing else.

    Raises:
        SuiteError: no generator has this name.
    """
    return parse_file(_document(name, seed), name)


def _document(name: str, seed: str) -> Dict[str, Any]:
    from conformance.generate.registry import SOURCES, generate  # noqa: PLC0415  # many modules

    for source in SOURCES:
        if source.name == name:
            return generate(source, seed=_seed(seed))
    raise SuiteError(f"no generator makes {name}")


def _seed(seed: str) -> str:
    """Keep challenges apart from the published vectors, whose seed is public."""
    return f"challenge/{seed}"


def serve_files(names: Iterator[str], seed: str, out: TextIO) -> None:
    """Write one line of JSON for each name: the file, or what went wrong."""
    for name in names:
        line: Dict[str, Any] = {"file": name}
        try:
            line["document"] = _document(name, seed)
        except Exception as error:  # noqa: BLE001  # one file must not take the others with it
            line["error"] = f"{type(error).__name__}: {error}"
        out.write(json.dumps(line, separators=(",", ":")) + "\n")
        out.flush()


def fresh_cases(
    cases: Sequence[Case], seed: str, *, jobs: int = 1
) -> Callable[[Callable[[Sequence[Case]], None], Callable[[], bool]], None]:
    """Return what makes the challenges among the cases and hands them over, file by file.

    The function raises SuiteError at its end where a file could not be made.
    """
    wanted = {case.id: case for case in cases if case.kind == "challenge"}
    names = list(dict.fromkeys(case.file for case in wanted.values()))

    def make(add: Callable[[Sequence[Case]], None], stopped: Callable[[], bool]) -> None:
        faults = []
        for name, document in produce(names, seed, jobs=jobs, stopped=stopped):
            if isinstance(document, str):
                faults.append(f"{name}: {document}")
            else:
                add(_renewed(parse_file(document, name), wanted))
        if faults:
            raise SuiteError("; ".join(faults))

    return make


def _renewed(file: VectorFile, wanted: Mapping[str, Case]) -> List[Case]:
    """Return the cases of a file with their fresh vectors."""
    renewed = []
    for vector in file.vectors:
        case = wanted.get(CHALLENGE + vector.id)
        if case is not None:
            renewed.append(case._replace(vector=vector, flags=file.flags))
    return renewed


# --- Processes -----------------------------------------------------------------------------------

_ENVIRONMENT: Final[FrozenSet[str]] = frozenset({"PATH", "SYSTEMROOT", "LANG", "TMPDIR", "TEMP"})


def produce(
    names: Sequence[str], seed: str, *, jobs: int, stopped: Callable[[], bool] = lambda: False
) -> Iterator[Tuple[str, Any]]:
    """Yield name and document of each file as it is made, or the name and what went wrong.

    The largest come first where they are known, so that no process ends long after the others.
    """
    left = sorted(names, key=lambda name: (name not in _LONG, names.index(name)))
    makers = [maker for maker in (_Maker.start(seed) for _ in range(min(jobs, len(left)))) if maker]
    if not makers:
        for name in left:
            if stopped():
                return
            yield name, _made_here(name, seed)
        return
    yield from _Pool(makers, left).files(stopped)


_LONG: Final[FrozenSet[str]] = frozenset({
    "attestation/members", "certificate/chain", "collateral/verify", "gpu/verify",
    "quote/verify", "signature/verify", "token/verify", "tcb/levels", "tcb/status",
})  # fmt: skip
"""Files that take long to make: an order and nothing else depends on it."""


def _made_here(name: str, seed: str) -> Any:
    try:
        return _document(name, seed)
    except Exception as error:  # noqa: BLE001  # as in `serve_files`
        return f"{type(error).__name__}: {error}"


class _Maker:
    """A process that makes one file after the other."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process

    @classmethod
    def start(cls, seed: str) -> Optional[_Maker]:
        """Return a process, or None where none can be started."""
        folder = None if in_archive() else Path(ROOT)
        variables = {name: os.environ[name] for name in _ENVIRONMENT if name in os.environ}
        try:
            process = subprocess.Popen(  # noqa: S603  # the suite itself
                [*suite_command(), "challenge", "--seed", seed],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                text=True,
                encoding="utf-8",
                cwd=folder,
                env=variables,
                start_new_session=os.name == "posix",  # Ctrl-C is for the runner alone
            )
        except OSError:
            return None
        return cls(process)

    def make(self, name: str) -> Any:
        """Return the document of a file, or what went wrong."""
        stdin, stdout = self.process.stdin, self.process.stdout
        if stdin is None or stdout is None:
            return "its generator has no pipes"
        try:
            stdin.write(f"{name}\n")
            stdin.flush()
            line = stdout.readline()
            answer = json.loads(line)
        except (OSError, ValueError) as error:
            return f"its generator ended: {error}"
        return answer.get("document") or answer.get("error") or "its generator gave nothing"

    def end(self) -> None:
        """End the process."""
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        for pipe in (self.process.stdin, self.process.stdout):
            if pipe is not None:
                with contextlib.suppress(OSError):  # what was not written is of no use any more
                    pipe.close()


class _Pool:
    """Gives each process a file as soon as it has made the one before."""

    def __init__(self, makers: Sequence[_Maker], names: Sequence[str]) -> None:
        self._makers = makers
        self._names = list(reversed(names))
        self._made: List[Tuple[str, Any]] = []
        self._changed = threading.Condition()
        self._working = len(makers)
        self._ended = False

    def files(self, stopped: Callable[[], bool]) -> Iterator[Tuple[str, Any]]:
        """Yield what is made until all is, or until somebody stops it."""
        for maker in self._makers:
            threading.Thread(target=self._work, args=(maker,), daemon=True).start()
        try:
            while True:
                with self._changed:
                    while not self._made and self._working and not stopped():
                        self._changed.wait(0.1)
                    if stopped() or not (self._made or self._working):
                        return
                    made, self._made = self._made, []
                yield from made
        finally:
            self._ended = True
            for maker in self._makers:
                maker.end()

    def _work(self, maker: _Maker) -> None:
        try:
            while not self._ended:
                with self._changed:
                    if not self._names:
                        return
                    name = self._names.pop()
                document = maker.make(name)
                with self._changed:
                    self._made.append((name, document))
                    self._changed.notify_all()
        finally:
            with self._changed:
                self._working -= 1
                self._changed.notify_all()
