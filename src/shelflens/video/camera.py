"""Why a camera of this machine cannot be opened, and what would help. Cameras are V4L2 devices, as Linux has them."""

from __future__ import annotations

import errno
import sys
from pathlib import Path

DEVICES = Path("/dev")


def cameras() -> list[str]:
    """As they are named to us: `camera:0`. Whether each can be opened is another question."""
    numbers = (path.name.removeprefix("video") for path in DEVICES.glob("video*"))
    return [f"camera:{number}" for number in sorted((one for one in numbers if one.isdecimal()), key=int)]


def refused(name: str, device: str, error: OSError | ValueError) -> str:
    """What to tell the person who named the camera. `error` is FFmpeg's."""
    if not sys.platform.startswith("linux"):
        return f"{name}: cameras are opened on Linux alone; elsewhere give the address of a stream"
    match getattr(error, "errno", None):
        case errno.ENOENT | errno.ENODEV | errno.ENXIO:
            there = cameras()
            known = f"there is {', '.join(there)}" if there else "this machine has none"
            return f"{name}: there is no camera at {device}; {known}"
        case errno.EACCES | errno.EPERM:
            return f"{name}: {device} may not be opened; the user must be of the group that owns it, usually video"
        case errno.EBUSY:
            return f"{name}: another program uses {device}"
        case errno.ENOTTY | errno.EINVAL:
            return f"{name}: {device} is no camera that gives pictures"
        case _:
            return f"{name}: {device} cannot be opened ({getattr(error, 'strerror', None) or error})"
