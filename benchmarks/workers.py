"""Other systems run in processes of their own: their threads and memory are theirs, and one that hangs is stopped."""

from __future__ import annotations

import multiprocessing
import time
from multiprocessing.connection import Connection
from typing import Any

from benchmarks import peers
from benchmarks.timing import timed


class NoTimeError(Exception):
    """The system has no gradient of the program, or none in time."""


class Worker:
    """A process in which one system computes gradients, one program after the other."""

    def __init__(self, system: str, patience: float) -> None:
        self.system = system
        self.patience = patience
        """Seconds that a call may take, the first one (which compiles) among them."""
        self._process: Any = None
        self._connection: Any = None

    def prepare(self, program: str, size: int) -> tuple[Any, float]:
        """Return the gradient of a program and the seconds of the first call; later calls are timed by ``seconds``.

        Raises:
            NoTimeError: with what is in the way.
        """
        return self._ask(("prepare", program, size))  # type: ignore[no-any-return]

    def seconds(self, number: int) -> float:
        """Return the processor time of a number of calls."""
        return self._ask(("seconds", number))  # type: ignore[no-any-return]

    def stop(self) -> None:
        """End the process."""
        if self._process is not None:
            self._process.terminate()
            self._process.join()
            self._process = None

    def _ask(self, question: tuple[Any, ...]) -> Any:
        if self._process is None:
            context = multiprocessing.get_context("spawn")
            self._connection, other = context.Pipe()
            self._process = context.Process(target=serve, args=(other, self.system), daemon=True)
            self._process.start()
            other.close()
        self._connection.send(question)
        try:
            if not self._connection.poll(self.patience):
                self.stop()
                raise NoTimeError(f"not done after {self.patience:.0f} s")
            fine, answer = self._connection.recv()
        except EOFError:
            self.stop()
            raise NoTimeError("its process ended, out of memory perhaps") from None
        if not fine:
            raise NoTimeError(answer)
        return answer


def serve(connection: Connection, system: str) -> None:
    """Answer questions until the other end goes away."""
    from benchmarks.programs import ALL  # noqa: PLC0415

    programs = {program.name: program for program in ALL}
    call: Any = None
    while True:
        try:
            question = connection.recv()
        except EOFError:
            return
        try:
            if question[0] == "prepare":
                program = programs[question[1]]
                call = peers.MAKERS[system](program, program.make(question[2]))
                start = time.process_time()
                found = peers.to_numpy(call())
                answer: Any = found, time.process_time() - start
            else:
                answer = timed(call, question[1])
        except ImportError:
            connection.send((False, "not installed"))
        except Exception as error:
            text = str(error).strip().splitlines()
            connection.send((False, f"{type(error).__name__}: {text[0] if text else ''}"[:100]))
        else:
            connection.send((True, answer))
