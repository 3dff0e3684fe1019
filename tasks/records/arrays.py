"""Pixels that are written as a run of numbers: what shape they have, and the text of an embedded array they make."""

from __future__ import annotations

import math
from collections.abc import Sequence


def square_shape(count: int) -> tuple[int, ...]:
    """Height and width of the square that *count* numbers make; empty where they make none."""
    side = math.isqrt(count)
    return (side, side) if count and side * side == count else ()


def array_text(numbers: Sequence[str], shape: Sequence[int] = ()) -> str:
    """*numbers* as the text of an embedded array of *shape*, or of a square; of another count as one that is ragged."""
    found = tuple(shape) or square_shape(len(numbers))
    if math.prod(found) != len(numbers) or not found:
        return f"[[{','.join(numbers)}],[]]"
    return _nested(numbers, found)


def _nested(numbers: Sequence[str], shape: tuple[int, ...]) -> str:
    if len(shape) == 1:
        return f"[{','.join(numbers)}]"
    step = math.prod(shape[1:])
    return f"[{','.join(_nested(numbers[at : at + step], shape[1:]) for at in range(0, len(numbers), step))}]"
