"""The three pipes of a child process, read and written so that nobody waits for ever.

Writing to a child that does not read, and reading from one that does not write, both block.  Here
all three pipes are served in one place, up to a deadline; what the child writes to standard error
is kept to the last 64 KiB, and nothing else is kept.

`PolledPipes` asks the system which pipe is ready.  `ThreadedPipes` does the same with a thread for
each pipe, for systems whose pipes cannot be asked.
"""

from __future__ import annotations

import contextlib
import os
import queue
import selectors
import subprocess
import threading
import time
from typing import IO, Any, Callable, Final, List, Optional

from conformance.adapters.protocol import MAX_STDERR

__all__ = ["Pipes", "PolledPipes", "ThreadedPipes", "make_pipes"]

CHUNK: Final = 65536
_SLICE: Final = 0.1
"""Seconds after which it is looked whether the child still runs."""
_QUEUED: Final = 64
"""Chunks that wait at most in `ThreadedPipes`; the thread that reads waits then."""


class Pipes:
    """Serves the pipes of one child; used from one thread."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self._process = process
        self._stderr = bytearray()
        self.input_closed = False
        """Whether the child closed its standard input."""

    def send(self, data: bytes) -> None:
        """Write `data`, now or while `receive` waits."""
        raise NotImplementedError

    def receive(self, deadline: float) -> Optional[bytes]:
        """Return what came on standard output: b"" at its end, None at the deadline.

        The end is also when the child has ended and somebody else holds its output open.
        """
        raise NotImplementedError

    def end_input(self) -> None:
        """Close the child's standard input."""
        raise NotImplementedError

    def close(self) -> None:
        """Close our ends; the child has been killed."""
        raise NotImplementedError

    @property
    def stderr(self) -> str:
        """The end of what the child wrote to standard error."""
        return bytes(self._stderr).decode("utf-8", "replace")

    def _keep(self, chunk: bytes) -> None:
        self._stderr += chunk
        if len(self._stderr) > MAX_STDERR:
            del self._stderr[:-MAX_STDERR]


class PolledPipes(Pipes):
    """With a selector; three descriptors that do not block."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        super().__init__(process)
        self._outgoing = memoryview(b"")
        self._stdin, self._stdout, self._errors = map(_opened, _streams(process))
        self._selector = selectors.DefaultSelector()
        for stream in (self._stdin, self._stdout, self._errors):
            os.set_blocking(stream.fileno(), False)
        self._selector.register(self._stdout, selectors.EVENT_READ, "stdout")
        self._selector.register(self._errors, selectors.EVENT_READ, "stderr")
        self._writes = False

    def send(self, data: bytes) -> None:
        """Write what fits into the pipe; `receive` writes the rest."""
        self._outgoing = memoryview(bytes(self._outgoing) + data if self._outgoing else data)
        self._write()

    def receive(self, deadline: float) -> Optional[bytes]:
        """Return what came on standard output: b"" at its end, None at the deadline."""
        while True:
            left = deadline - time.monotonic()
            found = self._step(max(0.0, min(left, _SLICE)))
            if found is not None:
                return found
            if self._process.poll() is not None:  # and what it wrote last was read above
                last = self._step(0.0)
                return b"" if last is None else last
            if left <= 0:
                return None

    def end_input(self) -> None:
        """Close the child's standard input; what was not written is dropped."""
        self.input_closed = True
        self._drop()
        self._stdin.close()

    def close(self) -> None:
        """Read what is left of standard error, then close."""
        with contextlib.suppress(OSError, ValueError):
            self._read_errors()
        self._selector.close()
        for stream in (self._stdin, self._stdout, self._errors):
            with contextlib.suppress(OSError):
                stream.close()

    def _step(self, wait: float) -> Optional[bytes]:
        """Serve what is ready within `wait` seconds; return what came on standard output."""
        found: Optional[bytes] = None
        for key, _ in self._selector.select(wait):
            if key.data == "stdin":
                self._write()
            elif key.data == "stderr":
                if not self._read_errors():
                    self._selector.unregister(self._errors)
            else:
                found = _read(self._stdout)
        return found

    def _read_errors(self) -> bool:
        chunk = _read(self._errors)
        self._keep(chunk or b"")
        return chunk != b""

    def _write(self) -> None:
        try:
            written = os.write(self._stdin.fileno(), self._outgoing[: 16 * CHUNK])
            self._outgoing = self._outgoing[written:]
        except BlockingIOError:
            pass
        except (OSError, ValueError):
            self.input_closed = True
            self._outgoing = memoryview(b"")
        if self._outgoing and not self._writes:
            self._selector.register(self._stdin, selectors.EVENT_WRITE, "stdin")
            self._writes = True
        elif not self._outgoing:
            self._drop()

    def _drop(self) -> None:
        self._outgoing = memoryview(b"")
        if self._writes:
            self._selector.unregister(self._stdin)
            self._writes = False


class ThreadedPipes(Pipes):
    """With threads, which end when the pipes do; what is held open elsewhere is left to them."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        super().__init__(process)
        self._stdin, self._stdout, self._errors = map(_opened, _streams(process))
        self._chunks: queue.Queue[bytes] = queue.Queue(_QUEUED)
        self._outgoing: queue.SimpleQueue[Optional[bytes]] = queue.SimpleQueue()
        self._closed = threading.Event()
        self._threads: List[threading.Thread] = []
        for work in (self._read_output, self._read_errors, self._write):
            self._start(work)

    def send(self, data: bytes) -> None:
        """Hand the bytes to the thread that writes."""
        self._outgoing.put(data)

    def receive(self, deadline: float) -> Optional[bytes]:
        """Return what came on standard output: b"" at its end, None at the deadline."""
        ended = False
        while True:
            left = deadline - time.monotonic()
            with contextlib.suppress(queue.Empty):
                return self._chunks.get(timeout=max(0.001, min(left, _SLICE)))
            if ended:
                return b""
            ended = self._process.poll() is not None
            if left <= 0 and not ended:
                return None

    def end_input(self) -> None:
        """Let the thread that writes close the child's standard input."""
        self._outgoing.put(None)

    def close(self) -> None:
        """Let the threads end; each closes its own pipe."""
        self._closed.set()
        self._outgoing.put(None)
        with contextlib.suppress(queue.Empty):
            while True:
                self._chunks.get_nowait()  # a thread may wait for room
        deadline = time.monotonic() + 0.5
        for thread in self._threads:
            thread.join(max(0.0, deadline - time.monotonic()))

    def _start(self, work: Callable[[], None]) -> None:
        thread = threading.Thread(target=work, daemon=True, name="pipe")
        self._threads.append(thread)
        thread.start()

    def _read_output(self) -> None:
        with self._stdout:
            chunk = b"."
            while chunk and not self._closed.is_set():
                chunk = _read(self._stdout) or b""
                self._put(chunk)

    def _put(self, chunk: bytes) -> None:
        while not self._closed.is_set():
            with contextlib.suppress(queue.Full):
                self._chunks.put(chunk, timeout=_SLICE)
                return

    def _read_errors(self) -> None:
        with self._errors:
            for chunk in iter(lambda: _read(self._errors), b""):
                self._keep(chunk or b"")

    def _write(self) -> None:
        try:
            for data in iter(self._outgoing.get, None):
                left = memoryview(data)
                while left:
                    left = left[os.write(self._stdin.fileno(), left[: 16 * CHUNK]) :]
        except OSError:
            self.input_closed = True
        with contextlib.suppress(OSError):
            self._stdin.close()


def make_pipes(process: subprocess.Popen[bytes]) -> Pipes:
    """Return the pipes of a child in the form that this system can serve."""
    return ThreadedPipes(process) if os.name == "nt" else PolledPipes(process)


def _streams(process: subprocess.Popen[bytes]) -> List[Any]:
    return [process.stdin, process.stdout, process.stderr]


def _opened(stream: Optional[IO[bytes]]) -> IO[bytes]:
    if stream is None:
        raise ValueError("the process was started without its three pipes")
    return stream


def _read(stream: IO[bytes]) -> Optional[bytes]:
    """Return the bytes that are there: b"" at the end, None where there are none yet."""
    try:
        return os.read(stream.fileno(), CHUNK)
    except BlockingIOError:
        return None
    except OSError:
        return b""
