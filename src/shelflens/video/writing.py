"""Pictures to a video file, for tests, demonstrations and measurements."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from pathlib import Path

from PIL import Image

from shelflens.video.decoding import pyav


def write_video(
    path: Path, pictures: Iterable[Image.Image], *, per_second: int, codec: str = "libx264", quality: int = 26
) -> None:
    """`quality` is x264's constant rate factor: 18 is hardly seen, 35 is a cheap camera. All pictures have the size of
    the first, in even pixels. Whole or absent. Raises VideoError without PyAV."""
    av = pyav()
    partial = path.with_name(f"partial-{path.name}")
    with av.open(str(partial), "w") as container:
        stream = None
        for number, picture in enumerate(pictures):
            if stream is None:
                options = {"crf": str(quality), "preset": "veryfast"} if codec == "libx264" else {}
                stream = container.add_stream(codec, rate=per_second, options=options)
                stream.width, stream.height = picture.size
                stream.pix_fmt = "yuv420p"
                stream.codec_context.time_base = Fraction(1, per_second)
                stream.codec_context.gop_size = 2 * per_second
                stream.codec_context.thread_count = 1  # equal bytes on every machine
            frame = av.VideoFrame.from_image(picture)
            frame.pts = number
            for packet in stream.encode(frame):
                container.mux(packet)
        if stream is not None:
            for packet in stream.encode():
                container.mux(packet)
    partial.replace(path)
