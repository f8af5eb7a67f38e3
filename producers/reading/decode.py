"""Bytes to text: UTF-8 first, byte order marks honoured, old encodings recognised, binary data refused."""

from __future__ import annotations

import codecs

import charset_normalizer
import msgspec

_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),  # before UTF-16, whose mark is its beginning
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_KINDS = (
    (b"%PDF-", "a PDF document"),
    (b"PK\x03\x04", "a ZIP archive or an office document"),
    (b"\xd0\xcf\x11\xe0", "an old office document"),
    (b"{\\rtf", "an RTF document"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"BZh", "a bzip2 archive"),
    (b"\xfd7zXZ", "an xz archive"),
    (b"7z\xbc\xaf", "a 7z archive"),
    (b"\x89PNG", "a picture"),
    (b"\xff\xd8\xff", "a picture"),
    (b"GIF8", "a picture"),
    (b"RIFF", "a picture, sound or film"),
    (b"\x7fELF", "a program"),
    (b"SQLite format 3\x00", "a database"),
)
_CONTROLS = bytes(set(range(0x20)) - set(b"\t\n\v\f\r\x1b") - {0}) + b"\x7f"
_SAMPLE = 65_536


class NotText(ValueError):
    """The bytes are no text; the message says what they are instead."""


class Decoded(msgspec.Struct, frozen=True):
    """The text, and a note for the reader where its encoding had to be guessed."""

    text: str
    note: str | None = None


def decode(data: bytes, declared: str | None = None) -> Decoded:
    """The text that ``data`` is, by its mark, as UTF-8, as ``declared`` says, or as an old encoding it looks like.

    Null bytes are taken out. Raises NotText for binary data.
    """
    decoded = _decoded(data, declared)
    return msgspec.structs.replace(decoded, text=decoded.text.replace("\0", ""))


def wide(data: bytes) -> bool:
    """Whether ``data`` begins with the mark of an encoding whose lines cannot be told apart as bytes."""
    return data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE, codecs.BOM_UTF32_BE))


def _decoded(data: bytes, declared: str | None) -> Decoded:
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            text = data[len(mark) :].decode(encoding, "replace")
            return Decoded(text, _broken(text.count("\ufffd"), encoding))
    _refuse_known_kinds(data)
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        _refuse_controls(data, controls=0.02, nulls=0.1)
        return _old(data, declared)
    _refuse_controls(data, controls=0.2, nulls=0.3)
    return Decoded(text)


def _refuse_known_kinds(data: bytes) -> None:
    for magic, kind in _KINDS:
        if data.startswith(magic):
            raise NotText(f"is {kind}, not text")


def _refuse_controls(data: bytes, *, controls: float, nulls: float) -> None:
    """Text may hold a stray control character or null byte, but not in such shares."""
    sample = data[:_SAMPLE]
    of_controls = 1 - len(sample.translate(None, _CONTROLS)) / max(len(sample), 1)
    of_nulls = sample.count(0) / max(len(sample), 1)
    if of_controls > controls or of_nulls > nulls:
        share = round(100 * (of_controls + of_nulls))
        raise NotText(f"is binary data, not text ({share} % of it are control characters)")


def _old(data: bytes, declared: str | None) -> Decoded:
    """Text that is no valid UTF-8: declared, UTF-8 with a few broken bytes, Western, or what its bytes suggest."""
    if declared and _known(declared):
        text = data.decode(declared, "replace")
        return Decoded(text, _broken(text.count("\ufffd"), declared))
    text = data.decode("utf-8", "replace")
    broken = text.count("\ufffd")
    high = sum(byte > 0x7F for byte in data[:_SAMPLE])
    if sum(c > "\x7f" for c in text) >= 2 * broken:
        return Decoded(text, _broken(broken, "UTF-8"))
    letters = sum(65 <= byte & 0xDF <= 90 for byte in data[:_SAMPLE])
    if high > letters / 2:  # more than accents on Latin letters: another script
        guess = charset_normalizer.from_bytes(data[:_SAMPLE]).best()
        if guess is not None:
            return Decoded(data.decode(guess.encoding, "replace"), f"is not UTF-8, read as {guess.encoding}")
    try:
        return Decoded(data.decode("cp1252"), "is not UTF-8, read as Latin-1 (Windows-1252)")
    except UnicodeDecodeError:
        return Decoded(data.decode("latin-1"), "is not UTF-8, read as Latin-1")


def _broken(count: int, encoding: str) -> str | None:
    return f"{count} broken characters in its {encoding.upper()} were replaced" if count else None


def _known(encoding: str) -> bool:
    try:
        return codecs.lookup(encoding)._is_text_encoding
    except (LookupError, ValueError):
        return False
