"""One opening of a video, frame by frame, by FFmpeg's libraries through PyAV (docs/adr/0011-watch.md)."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from importlib import import_module
from types import ModuleType, TracebackType
from typing import Any, Self

from PIL import Image

from shelflens.errors import VideoError
from shelflens.video.camera import refused
from shelflens.video.frame import VideoLimits
from shelflens.video.source import Kind, Source


@dataclass(frozen=True, slots=True, eq=False)
class Decoded:
    """A frame that has not been turned into a picture yet, which costs more than decoding it."""

    stamp: float | None  # seconds, by the source's clock
    arrived: float  # seconds, by `time.monotonic`
    frame: Any  # av.VideoFrame

    def picture(self) -> Image.Image:
        """RGB, upright as a phone's sensor says."""
        image: Image.Image = self.frame.to_image()
        turn = round(getattr(self.frame, "rotation", 0)) % 360
        return image.rotate(turn, expand=True) if turn % 90 == 0 and turn else image


class Decoder:
    """Iterating raises VideoError when the source breaks off; a file's end, and a stream's polite one, just ends it."""

    def __init__(self, source: Source, limits: VideoLimits, *, threads: int = 1) -> None:
        """Raises VideoError: nothing there, no video in it, a codec that is not known, too large."""
        self._av = pyav()
        self._source = source
        self._limits = limits
        self.corrupt = 0
        try:
            self._container = self._av.open(
                source.place,
                format="v4l2" if source.kind is Kind.CAMERA else None,
                options=_options(source, limits),
                timeout=(limits.open_seconds, limits.read_seconds) if source.live else None,
                metadata_errors="replace",
            )
        except (self._av.FFmpegError, OSError, ValueError) as error:
            if source.kind is Kind.CAMERA:
                raise VideoError(refused(source.name, source.place, error)) from None
            raise VideoError(f"{source.name}: cannot be opened as a video ({_reason(error)})") from None
        try:
            self._stream = self._chosen(threads)
        except VideoError:
            self._container.close()
            raise

    def __iter__(self) -> Iterator[Decoded]:
        in_a_row = 0
        packets = self._container.demux(self._stream)
        while True:
            try:
                packet = next(packets)
            except StopIteration:
                return
            except self._av.InvalidDataError:
                in_a_row = self._one_more(in_a_row)
                continue
            except self._av.EOFError:
                return
            except (self._av.FFmpegError, OSError) as error:
                raise VideoError(f"{self._source.name}: broke off ({_reason(error)})") from None
            try:
                frames = packet.decode()
            except self._av.EOFError:
                return
            except (self._av.FFmpegError, ValueError):
                in_a_row = self._one_more(in_a_row)
                continue
            for frame in frames:
                if packet.is_corrupt or frame.is_corrupt:
                    in_a_row = self._one_more(in_a_row)
                    continue
                in_a_row = 0
                self._limits.check(frame.width, frame.height, self._source.name)
                yield Decoded(frame.time, time.monotonic(), frame)

    def close(self) -> None:
        with suppress(self._av.FFmpegError, OSError):  # what is broken off already need not be closed politely
            self._container.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _chosen(self, threads: int) -> Any:
        """The first stream of pictures, its codec known and its frames not too large."""
        if not self._container.streams.video:
            raise VideoError(f"{self._source.name}: has no pictures; a video is needed, not sound or text alone")
        stream = self._container.streams.video[0]
        context = stream.codec_context
        if context is None:
            raise VideoError(f"{self._source.name}: is coded in a way that FFmpeg does not know; H.264 always works")
        if context.width and context.height:
            self._limits.check(context.width, context.height, self._source.name)
        context.thread_count = threads
        # A frame with a hole in it is worth nothing as evidence; without this FFmpeg paints over the hole.
        context.options = {"err_detect": "crccheck+bitstream+buffer+explode"}
        return stream

    def _one_more(self, in_a_row: int) -> int:
        self.corrupt += 1
        if in_a_row + 1 >= self._limits.corrupt_in_a_row:
            raise VideoError(
                f"{self._source.name}: {in_a_row + 1} packets in a row cannot be decoded; it is damaged, or coded in "
                "another way than it says"
            )
        return in_a_row + 1


def _options(source: Source, limits: VideoLimits) -> dict[str, str]:
    options = source.restrictions
    if source.place.startswith(("rtsp://", "rtsps://")):
        # Over UDP a busy network loses packets, and every loss smears the picture until the next key frame.
        options |= {"rtsp_transport": "tcp", "timeout": str(round(limits.read_seconds * 1e6))}
    return options


def pyav() -> ModuleType:
    try:
        av = import_module("av")
    except ImportError:
        raise VideoError("video needs PyAV: pip install 'shelflens[watch]'") from None
    av.logging.set_level(None)  # what FFmpeg prints to standard error is counted here instead
    return av


def _reason(error: BaseException) -> str:
    return str(getattr(error, "strerror", None) or error or type(error).__name__)
