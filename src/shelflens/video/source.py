"""Where a video comes from, as a person writes it: a file, a folder of files, an address, or a camera."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from shelflens.errors import VideoError

SUFFIXES: Final = (
    ".3gp", ".avi", ".flv", ".m2ts", ".m4v", ".mjpeg", ".mjpg", ".mkv", ".mov", ".mp4", ".mpeg", ".mpg", ".mts",
    ".ogv", ".ts", ".webm", ".wmv",
)  # fmt: skip
SCHEMES: Final = frozenset({"http", "https", "rtsp", "rtsps", "rtmp", "rtp", "udp", "tcp", "srt"})
#: What FFmpeg may open on its own behalf, as a playlist's parts. Without it a playlist could name any file.
_NETWORK: Final = "http,https,hls,crypto,tcp,tls,udp,rtp,rtsp,rtmp,srt"
_ONE_HOST: Final = "http,https,tcp,tls,udp,rtp,rtsp"
#: Formats that name no other place to read from, as playlists and session descriptions do.
_SELF_CONTAINED: Final = "avi,flv,h264,hevc,matroska,mjpeg,mov,mpegts,mpjpeg,ogg,rtsp"


class Kind(StrEnum):
    FILE = "file"
    STREAM = "stream"
    CAMERA = "camera"


@dataclass(frozen=True, slots=True)
class Source:
    kind: Kind
    place: str  # a path, an address, or a device
    name: str  # for people and alerts: without user, password and query, where secrets live
    one_host: bool = (
        False  # of a stream: nothing else is opened for it, neither a playlist's parts nor where it redirects
    )

    @property
    def live(self) -> bool:
        """It goes on while we look away, and comes back after a cut; a file waits, and ends."""
        return self.kind is not Kind.FILE

    @property
    def protocols(self) -> str:
        """What FFmpeg may use to open it."""
        if self.kind is not Kind.STREAM:
            return "file"
        return _ONE_HOST if self.one_host else _NETWORK

    @property
    def restrictions(self) -> dict[str, str]:
        """FFmpeg's options that hold `protocols` and `one_host`."""
        options = {"protocol_whitelist": self.protocols}
        if self.one_host:
            options |= {"format_whitelist": _SELF_CONTAINED}
            if self.place.lower().startswith(("http://", "https://")):
                options |= {"max_redirects": "0"}
        return options


def source(text: str) -> Source:
    """`video.mp4`, `rtsp://camera/1`, `camera:0` or `camera:/dev/video2`. Raises VideoError."""
    if text.startswith("camera:"):
        device = text.removeprefix("camera:") or "0"
        return Source(Kind.CAMERA, f"/dev/video{device}" if device.isdecimal() else device, text)
    if "://" in text:
        return Source(Kind.STREAM, text, _shown(text))
    path = Path(text)
    if not path.is_file():
        raise VideoError(f"{text}: there is no such video; give a file, a folder, an address, or camera:0")
    return Source(Kind.FILE, str(path), str(path))


def sources(text: str) -> list[Source]:
    """As `source`; a folder stands for the videos in it, by name. Raises VideoError."""
    path = Path(text)
    if "://" in text or text.startswith("camera:") or not path.is_dir():
        return [source(text)]
    found = sorted(file for file in path.rglob("*") if file.suffix.lower() in SUFFIXES and file.is_file())
    if not found:
        raise VideoError(f"{text}: a folder without a video; files that end in {', '.join(SUFFIXES)} count")
    return [source(str(file)) for file in found]


def _shown(address: str) -> str:
    try:
        parts = urlsplit(address)
        port = f":{parts.port}" if parts.port else ""
    except ValueError:
        raise VideoError("a video's address that is no URL; one like rtsp://camera/stream is needed") from None
    if parts.scheme not in SCHEMES or not parts.hostname:
        raise VideoError(
            f"a video's address that cannot be opened ({parts.scheme or 'no scheme'}); "
            f"{', '.join(sorted(SCHEMES))} with a host are known"
        )
    return f"{parts.scheme}://{parts.hostname}{port}{parts.path}"
