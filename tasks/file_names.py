"""Names of files as text, whatever bytes they are made of, and back."""

from __future__ import annotations

import re

_NOT_TEXT = re.compile("[\ud800-\udfff\uef80-\uefff]")


def encode_name(name: str) -> str:
    """The path or name of a file as text that any table can hold; `decode_name` gives it back.

    A part of a path whose bytes are not UTF-8 has each byte over 127 as a character from U+EF80 to U+EFFF, and so has
    one in which such a character stands already.
    """
    if name.isascii() or not _NOT_TEXT.search(name):
        return name
    return "/".join(_encode_part(part) if _NOT_TEXT.search(part) else part for part in name.split("/"))


def _encode_part(part: str) -> str:
    return "".join(chr(byte if byte < 128 else 0xEF00 + byte) for byte in part.encode("utf-8", "surrogateescape"))


def decode_name(text: str) -> str:
    """The file's name that *text* stands for, as the operating system takes it."""
    if text.isascii() or not any("\uef80" <= char <= "\uefff" for char in text):
        return text
    data = b"".join(bytes([ord(char) - 0xEF00]) if "\uef80" <= char <= "\uefff" else char.encode() for char in text)
    return data.decode("utf-8", "surrogateescape")
