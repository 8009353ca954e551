"""Text, character by character. Beyond ASCII, where letters and spaces need tables, it is handed back."""

from __future__ import annotations

from .primitives import require, text_at, text_put, text_put_code, text_room
from .sequences import slice_range

TYPE_CHECKING = False  # as typing has it, which takes milliseconds to import
if TYPE_CHECKING:
    from typing import Any


def text_contains(text: str, part: str) -> bool:
    """Return ``part in text``."""
    for position in range(len(text) - len(part) + 1):
        if text_at(text, position, part):
            return True
    return False


def text_lacks(text: str, part: str) -> bool:
    """Return ``part not in text``."""
    for position in range(len(text) - len(part) + 1):
        if text_at(text, position, part):
            return False
    return True


def text_find(text: str, part: str) -> int:
    """Return ``text.find(part)``."""
    for position in range(len(text) - len(part) + 1):
        if text_at(text, position, part):
            return position
    return -1


def text_count(text: str, part: str) -> int:
    """Return ``text.count(part)``."""
    require(len(part) > 0)
    found = 0
    position = 0
    while position <= len(text) - len(part):
        if text_at(text, position, part):
            found += 1
            position += len(part)
        else:
            position += 1
    return found


def text_repeated(text: str, times: int) -> str:
    """Return ``text * times``."""
    count = max(times, 0) if len(text) > 0 else 0
    room = text_room(text, len(text) * count)
    position = 0
    for _ in range(count):
        text_put(room, position, text)
        position += len(text)
    return room


def text_stepped(text: str, start: int | None, stop: int | None, step: int) -> str:
    """Return ``text[start:stop:step]``."""
    places = slice_range(len(text), start, stop, step)
    made = text_room(text, len(places))
    for place, i in enumerate(places):
        text_put(made, place, text[i])
    return made


def text_backwards(text: str) -> str:
    """Return ``text[::-1]``."""
    room = text_room(text, len(text))
    position = len(text)
    for character in text:
        position -= 1
        text_put(room, position, character)
    return room


def text_upper(text: str) -> str:
    """Return ``text.upper()``."""
    room = text_room(text, len(text))
    for position, character in enumerate(text):
        code = ord(character)
        require(code < 128)
        text_put_code(room, position, code - 32 if 97 <= code <= 122 else code)
    return room


def text_lower(text: str) -> str:
    """Return ``text.lower()``."""
    room = text_room(text, len(text))
    for position, character in enumerate(text):
        code = ord(character)
        require(code < 128)
        text_put_code(room, position, code + 32 if 65 <= code <= 90 else code)
    return room


def is_space(character: str) -> bool:
    """Return whether it is white space."""
    code = ord(character)
    require(code < 128)
    return code == 32 or 9 <= code <= 13 or 28 <= code <= 31


def text_lstrip(text: str) -> str:
    """Return ``text.lstrip()``."""
    start = 0
    while start < len(text) and is_space(text[start]):
        start += 1
    return text[start:]


def text_rstrip(text: str) -> str:
    """Return ``text.rstrip()``."""
    stop = len(text)
    while stop > 0 and is_space(text[stop - 1]):
        stop -= 1
    return text[:stop]


def text_strip(text: str) -> str:
    """Return ``text.strip()``."""
    return text_rstrip(text_lstrip(text))


def text_repr(text: str) -> str:
    """Return ``repr(text)`` of what is printed as it is, up to U+00FF, or has an escape of one letter."""
    has_single = False
    has_double = False
    has_escape = False
    for character in text:
        code = ord(character)
        is_plain = 32 <= code < 127 or (161 <= code < 256 and code != 173)
        require(is_plain or code == 9 or code == 10 or code == 13)
        has_single = has_single or code == 39
        has_double = has_double or code == 34
        has_escape = has_escape or code < 32 or code == 92
    shown = text
    if has_escape:
        shown = shown.replace("\\", "\\\\").replace("\n", "\\n").replace("\r", "\\r").replace("\t", "\\t")
    if has_single and has_double:
        shown = shown.replace("'", "\\'")
    return '"' + shown + '"' if has_single and not has_double else "'" + shown + "'"


def text_ascii(text: str) -> str:
    """Return ``ascii(text)`` of such characters of ASCII."""
    for character in text:
        require(ord(character) < 128)
    return text_repr(text)


def text_words(text: str) -> list[str]:
    """Return ``text.split()``."""
    words = []
    start = -1
    for position, character in enumerate(text):
        if is_space(character):
            if start >= 0:
                words.append(text[start:position])
            start = -1
        elif start < 0:
            start = position
    if start >= 0:
        words.append(text[start:])
    return words


def text_split(text: str, separator: str) -> list[str]:
    """Return ``text.split(separator)``."""
    require(len(separator) > 0)
    parts = []
    start = 0
    position = 0
    while position <= len(text) - len(separator):
        if text_at(text, position, separator):
            parts.append(text[start:position])
            position += len(separator)
            start = position
        else:
            position += 1
    parts.append(text[start:])
    return parts


def text_join_items(separator: str, items: Any) -> str:
    """Return ``separator.join(items)`` of items that are taken by position."""
    return separator.join([item for item in items])


def text_join(separator: str, parts: list[str]) -> str:
    """Return ``separator.join(parts)``; the separator's characters are the widest of all."""
    length = 0
    for part in parts:
        length += len(part)
    if len(parts) > 1:
        length += len(separator) * (len(parts) - 1)
    room = text_room(separator, length)
    position = 0
    for part in parts:
        text_put(room, position, part)
        position += len(part)
        if position < length:
            text_put(room, position, separator)
            position += len(separator)
    return room


def text_replace(text: str, old: str, new: str) -> str:
    """Return ``text.replace(old, new)``."""
    return new.join(text_split(text, old))


def text_of_int(narrow: str, number: int) -> str:
    """Return ``str(number)``; ``narrow`` is any text of narrow characters."""
    if number == -(2**63):
        digits = "9223372036854775808"
        return "-" + digits  # no constant, which messages would show where a format is computed
    rest = abs(number)
    length = 1 if number >= 0 else 2
    while rest >= 10:
        rest //= 10
        length += 1
    room = text_room(narrow, length)
    rest = abs(number)
    position = length
    while position > 0:
        position -= 1
        text_put_code(room, position, 48 + rest % 10)
        rest //= 10
    if number < 0:
        text_put_code(room, 0, 45)
    return room


def text_isdigit(text: str) -> bool:
    """Return ``text.isdigit()``."""
    for character in text:
        code = ord(character)
        require(code < 128)
        if not 48 <= code <= 57:
            return False
    return len(text) > 0


def text_isalpha(text: str) -> bool:
    """Return ``text.isalpha()``."""
    for character in text:
        code = ord(character)
        require(code < 128)
        if not (65 <= code <= 90 or 97 <= code <= 122):
            return False
    return len(text) > 0


def text_isalnum(text: str) -> bool:
    """Return ``text.isalnum()``."""
    for character in text:
        code = ord(character)
        require(code < 128)
        if not (48 <= code <= 57 or 65 <= code <= 90 or 97 <= code <= 122):
            return False
    return len(text) > 0


def text_isspace(text: str) -> bool:
    """Return ``text.isspace()``."""
    for character in text:
        if not is_space(character):
            return False
    return len(text) > 0


def text_isupper(text: str) -> bool:
    """Return ``text.isupper()``."""
    found = False
    for character in text:
        code = ord(character)
        require(code < 128)
        if 97 <= code <= 122:
            return False
        found = found or 65 <= code <= 90
    return found


def text_islower(text: str) -> bool:
    """Return ``text.islower()``."""
    found = False
    for character in text:
        code = ord(character)
        require(code < 128)
        if 65 <= code <= 90:
            return False
        found = found or 97 <= code <= 122
    return found
