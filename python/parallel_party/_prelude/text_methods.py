"""Methods of str beyond the common ones. Beyond ASCII, where letters and lines need tables, they are handed back."""

from __future__ import annotations

from .primitives import require, text_at, text_put_code, text_room, unworded
from .texts import is_space, text_find, text_lstrip, text_rstrip, text_words


def text_find_within(text: str, part: str, start: int, stop: int) -> int:
    """Return ``text.find(part, start, stop)``."""
    first = max(start + len(text), 0) if start < 0 else start
    last = max(stop + len(text), 0) if stop < 0 else min(stop, len(text))
    for position in range(first, last - len(part) + 1):
        if text_at(text, position, part):
            return position
    return -1


def text_rfind(text: str, part: str) -> int:
    """Return ``text.rfind(part)``."""
    position = len(text) - len(part)
    while position >= 0:
        if text_at(text, position, part):
            return position
        position -= 1
    return -1


def text_index(text: str, part: str) -> int:
    """Return ``text.index(part)``."""
    position = text_find(text, part)
    if position < 0:
        raise ValueError("substring not found")
    return position


def text_rindex(text: str, part: str) -> int:
    """Return ``text.rindex(part)``."""
    position = text_rfind(text, part)
    if position < 0:
        raise ValueError("substring not found")
    return position


def text_removeprefix(text: str, prefix: str) -> str:
    """Return ``text.removeprefix(prefix)``."""
    return text[len(prefix) :] if text.startswith(prefix) else text


def text_removesuffix(text: str, suffix: str) -> str:
    """Return ``text.removesuffix(suffix)``."""
    return text[: len(text) - len(suffix)] if len(suffix) > 0 and text.endswith(suffix) else text


def text_ljust(text: str, width: int, fill: str) -> str:
    """Return ``text.ljust(width, fill)``."""
    if len(fill) != 1:
        raise TypeError("The fill character must be exactly one character long")
    return text if len(text) >= width else text + fill * (width - len(text))


def text_rjust(text: str, width: int, fill: str) -> str:
    """Return ``text.rjust(width, fill)``."""
    if len(fill) != 1:
        raise TypeError("The fill character must be exactly one character long")
    return text if len(text) >= width else fill * (width - len(text)) + text


def text_center(text: str, width: int, fill: str) -> str:
    """Return ``text.center(width, fill)``."""
    if len(fill) != 1:
        raise TypeError("The fill character must be exactly one character long")
    if len(text) >= width:
        return text
    missing = width - len(text)
    left = missing // 2 + (missing & width & 1)
    return fill * left + text + fill * (missing - left)


def text_zfill(text: str, width: int) -> str:
    """Return ``text.zfill(width)``."""
    if len(text) >= width:
        return text
    zeros = "0" * (width - len(text))
    if len(text) > 0 and (text[0] == "+" or text[0] == "-"):
        return text[:1] + zeros + text[1:]
    return zeros + text


def text_capitalize(text: str) -> str:
    """Return ``text.capitalize()``."""
    room = text_room(text, len(text))
    for position, character in enumerate(text):
        code = ord(character)
        require(code < 128)
        if position == 0:
            text_put_code(room, position, code - 32 if 97 <= code <= 122 else code)
        else:
            text_put_code(room, position, code + 32 if 65 <= code <= 90 else code)
    return room


def text_title(text: str) -> str:
    """Return ``text.title()``."""
    room = text_room(text, len(text))
    is_inside = False
    for position, character in enumerate(text):
        code = ord(character)
        require(code < 128)
        is_upper = 65 <= code <= 90
        is_lower = 97 <= code <= 122
        change = 32 if is_upper and is_inside else -32 if is_lower and not is_inside else 0
        text_put_code(room, position, code + change)
        is_inside = is_upper or is_lower
    return room


def text_swapcase(text: str) -> str:
    """Return ``text.swapcase()``."""
    room = text_room(text, len(text))
    for position, character in enumerate(text):
        code = ord(character)
        require(code < 128)
        change = 32 if 65 <= code <= 90 else -32 if 97 <= code <= 122 else 0
        text_put_code(room, position, code + change)
    return room


def text_isascii(text: str) -> bool:
    """Return ``text.isascii()``."""
    for character in text:
        if ord(character) >= 128:
            return False
    return True


def text_istitle(text: str) -> bool:
    """Return ``text.istitle()``."""
    is_inside = False
    found = False
    for character in text:
        code = ord(character)
        require(code < 128)
        is_upper = 65 <= code <= 90
        is_lower = 97 <= code <= 122
        if (is_upper and is_inside) or (is_lower and not is_inside):
            return False
        is_inside = is_upper or is_lower
        found = found or is_inside
    return found


def text_isidentifier(text: str) -> bool:
    """Return ``text.isidentifier()``."""
    for position, character in enumerate(text):
        code = ord(character)
        require(code < 128)
        is_letter = 65 <= code <= 90 or 97 <= code <= 122 or code == 95
        if not (is_letter or (position > 0 and 48 <= code <= 57)):
            return False
    return len(text) > 0


def text_isprintable(text: str) -> bool:
    """Return ``text.isprintable()``."""
    for character in text:
        code = ord(character)
        require(code < 128)
        if not 32 <= code <= 126:
            return False
    return True


def text_lstrip_of(text: str, characters: str) -> str:
    """Return ``text.lstrip(characters)``."""
    start = 0
    while start < len(text) and text[start] in characters:
        start += 1
    return text[start:]


def text_rstrip_of(text: str, characters: str) -> str:
    """Return ``text.rstrip(characters)``."""
    stop = len(text)
    while stop > 0 and text[stop - 1] in characters:
        stop -= 1
    return text[:stop]


def text_strip_of(text: str, characters: str) -> str:
    """Return ``text.strip(characters)``."""
    return text_rstrip_of(text_lstrip_of(text, characters), characters)


def text_partition(text: str, separator: str) -> tuple[str, str, str]:
    """Return ``text.partition(separator)``."""
    if len(separator) == 0:
        raise ValueError("empty separator")
    position = text_find(text, separator)
    if position < 0:
        return (text, "", "")
    return (text[:position], separator, text[position + len(separator) :])


def text_rpartition(text: str, separator: str) -> tuple[str, str, str]:
    """Return ``text.rpartition(separator)``."""
    if len(separator) == 0:
        raise ValueError("empty separator")
    position = text_rfind(text, separator)
    if position < 0:
        return ("", "", text)
    return (text[:position], separator, text[position + len(separator) :])


def text_split_most(text: str, separator: str, most: int) -> list[str]:
    """Return ``text.split(separator, most)``."""
    if len(separator) == 0:
        raise ValueError("empty separator")
    parts: list[str] = []
    start = 0
    position = 0
    while position <= len(text) - len(separator) and (most < 0 or len(parts) < most):
        if text_at(text, position, separator):
            parts.append(text[start:position])
            position += len(separator)
            start = position
        else:
            position += 1
    parts.append(text[start:])
    return parts


def text_words_most(text: str, most: int) -> list[str]:
    """Return ``text.split(None, most)``."""
    if most < 0:
        return text_words(text)
    words: list[str] = []
    rest = text_lstrip(text)
    while len(rest) > 0 and len(words) < most:
        stop = 0
        while stop < len(rest) and not is_space(rest[stop]):
            stop += 1
        words.append(rest[:stop])
        rest = text_lstrip(rest[stop:])
    if len(rest) > 0:
        words.append(rest)
    return words


def text_rsplit_most(text: str, separator: str, most: int) -> list[str]:
    """Return ``text.rsplit(separator, most)``."""
    if len(separator) == 0:
        raise ValueError("empty separator")
    parts: list[str] = []
    stop = len(text)
    position = stop - len(separator)
    while position >= 0 and (most < 0 or len(parts) < most):
        if text_at(text, position, separator):
            parts.append(text[position + len(separator) : stop])
            stop = position
            position -= len(separator)
        else:
            position -= 1
    parts.append(text[:stop])
    return parts[::-1]


def text_rwords_most(text: str, most: int) -> list[str]:
    """Return ``text.rsplit(None, most)``."""
    if most < 0:
        return text_words(text)
    words: list[str] = []
    rest = text_rstrip(text)
    while len(rest) > 0 and len(words) < most:
        start = len(rest)
        while start > 0 and not is_space(rest[start - 1]):
            start -= 1
        words.append(rest[start:])
        rest = text_rstrip(rest[:start])
    if len(rest) > 0:
        words.append(rest)
    return words[::-1]


def text_splitlines(text: str) -> list[str]:
    """Return ``text.splitlines()``."""
    lines = []
    start = 0
    position = 0
    while position < len(text):
        code = ord(text[position])
        require(code < 128)
        if 10 <= code <= 13 or 28 <= code <= 30:
            lines.append(text[start:position])
            if code == 13 and position + 1 < len(text) and text[position + 1] == "\n":
                position += 1
            start = position + 1
        position += 1
    if start < len(text):
        lines.append(text[start:])
    return lines


def text_of_bits(narrow: str, number: int, shift: int, prefix: str) -> str:
    """Return ``bin``, ``oct`` or ``hex`` of an int, by ``shift`` bits a digit; ``narrow`` is any narrow text."""
    if number == -(2**63):
        return "-" + prefix + ("8" if shift == 4 else "1") + "0" * (63 // shift)
    rest = abs(number)
    digits = 1
    while rest >> shift:
        rest >>= shift
        digits += 1
    room = text_room(narrow, digits)
    rest = abs(number)
    while digits > 0:
        digits -= 1
        digit = rest & ((1 << shift) - 1)
        text_put_code(room, digits, 48 + digit if digit < 10 else 87 + digit)
        rest >>= shift
    return "-" + prefix + room if number < 0 else prefix + room


def text_replace_most(text: str, old: str, new: str, most: int) -> str:
    """Return ``text.replace(old, new, most)``."""
    require(len(old) > 0)
    return new.join(text_split_most(text, old, most))


def is_digit_of(code: int, base: int) -> bool:
    """Return whether a character is a digit of a base."""
    digit = code - 48 if 48 <= code <= 57 else code - 87 if 97 <= code <= 122 else code - 55 if 65 <= code <= 90 else 99
    return digit < base


def int_of_text_in(text: str, base: int) -> int:
    """Return ``int(text, base)``; what is neither clearly right nor clearly wrong is handed back."""
    bare = text.strip()
    start = 1 if len(bare) > 0 and (bare[0] == "-" or bare[0] == "+") else 0
    require(base >= 2 and base <= 36)
    if len(bare) > start + 1 and bare[start] == "0":
        second = ord(bare[start + 1])
        is_prefix = (base == 16 and (second == 120 or second == 88)) or (base == 8 and (second == 111 or second == 79))
        if is_prefix or (base == 2 and (second == 98 or second == 66)):
            start += 2
            require(start < len(bare))
    if start == len(bare):
        raise ValueError(unworded)
    number = 0
    for position in range(start, len(bare)):
        code = ord(bare[position])
        require(code < 128 and code != 95)
        if not is_digit_of(code, base):
            raise ValueError(unworded)
        digit = code - 48 if code <= 57 else code - 87 if code >= 97 else code - 55
        number = number * base + digit
    return -number if bare[0] == "-" else number


def float_of_text(text: str) -> float:
    """Return ``float(text)`` where one rounding gives it; what is clearly no number raises, the rest is handed back."""
    bare = text.strip()
    require(len(bare) < 64)
    digits = 0
    seen = 0
    scale = 0
    has_point = False
    position = 1 if len(bare) > 0 and (bare[0] == "-" or bare[0] == "+") else 0
    while position < len(bare):
        code = ord(bare[position])
        if 48 <= code <= 57:
            seen += 1
            require(digits < 10**17)
            digits = 10 * digits + (code - 48)
            if has_point:
                scale -= 1
        elif code == 46 and not has_point:
            has_point = True
        else:
            break
        position += 1
    if position < len(bare):
        code = ord(bare[position])
        require(code < 128 and code != 95)
        if seen == 0:
            require(code != 105 and code != 73 and code != 110 and code != 78)
        if seen == 0 or (code != 101 and code != 69):
            raise ValueError(unworded)
        if position + 1 == len(bare):
            raise ValueError(unworded)
        exponent = int_of_text_in(bare[position + 1 :], 10)
        require(not is_space(bare[position + 1]) and abs(exponent) < 400)
        scale += exponent
    elif seen == 0:
        raise ValueError(unworded)
    require(digits <= 2**53 and abs(scale) <= 22)
    power = 1.0
    for _ in range(abs(scale)):
        power *= 10.0
    value = float(digits) * power if scale >= 0 else float(digits) / power
    return -value if bare[0] == "-" else value


def fspath(path: str) -> str:
    """Return ``os.fspath(path)`` of text."""
    require(isinstance(path, str))
    return path


def expandtabs(text: str, tabsize: int = 8) -> str:
    """Return ``text.expandtabs(tabsize)``."""
    made = text[:0]
    column = 0
    start = 0
    for i, character in enumerate(text):
        if character == "\t":
            missing = tabsize - column % tabsize if tabsize > 0 else 0
            made = made + text[start:i] + " " * missing
            column += missing
            start = i + 1
        elif character == "\n" or character == "\r":
            column = 0
        else:
            column += 1
    return made + text[start:]
