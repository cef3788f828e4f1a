"""What may follow a backbone's name: `keras:VGG16:weights=random:size=64`."""

from __future__ import annotations

from collections.abc import Collection

from shelflens.errors import ModelError


def split_options(backbone: str, reference: str, *, known: Collection[str]) -> tuple[str, dict[str, str]]:
    """The name or path, and its NAME=VALUE options. Raises ModelError that lists the known ones."""
    name, *parts = reference.split(":")
    options: dict[str, str] = {}
    for part in parts:
        option, equals, value = part.partition("=")
        if not equals or option not in known or not value:
            raise ModelError(
                f"{backbone}:{reference}: {part!r} is not one of {', '.join(f'{one}=...' for one in known)}"
            )
        options[option] = value
    if not name:
        raise ModelError(f"{backbone}: needs the name of a network")
    return name, options


def size_option(backbone: str, reference: str, options: dict[str, str], default: int) -> int:
    """In pixels. Raises ModelError."""
    text = options.get("size", str(default))
    if not (text.isdecimal() and 32 <= int(text) <= 1024):
        raise ModelError(f"{backbone}:{reference}: size must be from 32 to 1024 pixels, not {text}")
    return int(text)
