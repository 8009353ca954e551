"""Text, character by character."""

from __future__ import annotations

from .primitives import text_at, text_put, text_room


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


def text_repeated(text: str, times: int) -> str:
    """Return ``text * times``."""
    count = max(times, 0)
    room = text_room(text, len(text) * count)
    position = 0
    for _ in range(count):
        text_put(room, position, text)
        position += len(text)
    return room


def text_backwards(text: str) -> str:
    """Return ``text[::-1]``."""
    room = text_room(text, len(text))
    position = len(text)
    for character in text:
        position -= 1
        text_put(room, position, character)
    return room
