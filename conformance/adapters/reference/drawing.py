"""A source of random bytes that gives what a vector says, and nothing when that is used up."""

from __future__ import annotations

__all__ = ["Drawer"]


class Drawer:
    """Call it as `os.urandom`; the bytes are hexadecimal digits, in the order of the draws."""

    __slots__ = ("_left",)

    def __init__(self, digits: str) -> None:
        self._left = bytes.fromhex(digits)

    def __call__(self, size: int) -> bytes:
        """Return the next `size` bytes, or fewer at the end."""
        drawn, self._left = self._left[:size], self._left[size:]
        return drawn
