"""Parts that are made when they are first asked for, while others may be taking their place."""

from __future__ import annotations

from collections.abc import Callable
from threading import RLock
from typing import TYPE_CHECKING, Any, Protocol

__all__ = ["Changing", "made"]

if TYPE_CHECKING:
    from functools import cached_property as made
else:

    class made:  # noqa: N801 - a decorator, as cached_property is
        """A cached_property whose making waits for its owner's lock. So nobody keeps what was made from parts that have
        been replaced meanwhile. What is there already is found without any lock."""

        def __init__(self, make: Callable[[Any], Any]) -> None:
            self._make, self.__doc__ = make, make.__doc__

        def __set_name__(self, owner: type, name: str) -> None:
            self._name = name

        def __get__(self, owner: Changing | None, kind: type | None = None) -> Any:
            if owner is None:
                return self
            with owner.changing:
                if self._name not in owner.__dict__:
                    owner.__dict__[self._name] = self._make(owner)
                return owner.__dict__[self._name]


class Changing(Protocol):
    """Whose parts these are."""

    @property
    def changing(self) -> RLock:
        """Held by whoever makes or replaces a part."""
        ...
