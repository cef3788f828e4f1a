"""Video to frames: files, streams and cameras, whatever happens to them on the way."""

from shelflens.video.frame import Frame, Health, VideoLimits
from shelflens.video.reading import Patience, read_frames
from shelflens.video.source import Source, source, sources

__all__ = ["Frame", "Health", "Patience", "Source", "VideoLimits", "read_frames", "source", "sources"]
