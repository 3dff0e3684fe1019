"""The checksum CRC-32C (Castagnoli) of bytes, by numpy: no package for it is needed."""

from __future__ import annotations

from functools import cache

import numpy as np
import numpy.typing as npt

_POLYNOMIAL = 0x82F63B78
_BLOCK = 256
_AT_ONCE = 64
_ALL = 0xFFFFFFFF
_MASK = 0xA282EAD8
Tables = tuple[npt.NDArray[np.uint32], npt.NDArray[np.intp], tuple[list[int], ...]]


def crc32c(data: bytes) -> int:
    """The CRC-32C of *data*: 32 bits."""
    flat, offsets, first = _tables()
    pad = -len(data) % _BLOCK  # zeros in front of all change nothing, as long as nothing is set
    held = np.zeros(pad + len(data), np.uint8)
    held[pad:] = np.frombuffer(data, np.uint8)
    if len(data) < 4:
        return _byte_by_byte(data)
    held[pad : pad + 4] ^= 0xFF
    blocks = held.reshape(-1, _BLOCK)
    state = 0
    one, two, three, four = first
    for at in range(0, len(blocks), _AT_ONCE):
        own = np.bitwise_xor.reduce(flat[blocks[at : at + _AT_ONCE] + offsets], axis=1)
        for code in own.tolist():
            state = one[state & 255] ^ two[state >> 8 & 255] ^ three[state >> 16 & 255] ^ four[state >> 24] ^ code
    return state ^ _ALL


def masked(crc: int) -> int:
    """*crc* as TFRecords write it, turned and moved, since checksums of checksums say little."""
    return ((crc >> 15 | crc << 17) + _MASK) & _ALL


def _byte_by_byte(data: bytes) -> int:
    state, codes = _ALL, _codes()
    for byte in data:
        state = int(codes[(state ^ byte) & 255]) ^ state >> 8
    return state ^ _ALL


@cache
def _codes() -> npt.NDArray[np.uint32]:
    """What each byte comes to by itself."""
    codes = np.arange(256, dtype=np.uint32)
    for _ in range(8):
        codes = np.where(codes & 1, codes >> 1 ^ np.uint32(_POLYNOMIAL), codes >> 1)
    return codes


@cache
def _tables() -> Tables:
    """What each byte comes to at each place of a block; where a place begins in it; and four places as lists."""
    codes = _codes()
    held = np.empty((_BLOCK, 256), np.uint32)
    held[-1] = codes
    for place in range(_BLOCK - 2, -1, -1):
        held[place] = codes[held[place + 1] & 255] ^ held[place + 1] >> 8
    offsets = np.arange(_BLOCK, dtype=np.intp) * 256
    return held.ravel(), offsets, tuple(held[place].tolist() for place in range(4))
