"""One error tree: whatever a user can mend is a ShelflensError; anything else is our mistake."""

from __future__ import annotations

import errno
from typing import Final

FULL: Final = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)  # the disk, a quota, the limit of a file


class ShelflensError(Exception):
    """What was wrong and what would be right, in one line that a person can act on."""


class PictureError(ShelflensError):
    """A picture that cannot be used: empty, not a picture, damaged, or over a limit."""


class FetchError(PictureError):
    """A picture's address that cannot be fetched, or that may not be."""


class VideoError(ShelflensError):
    """A video that cannot be opened or decoded, or that is over a limit."""


class AlertError(ShelflensError):
    """An alert that has not been delivered, or that nobody could deliver as it was asked for."""


class SpeechError(ShelflensError):
    """A recording that cannot be understood: no WAV file, too long, or nothing that understands it is installed."""


class SourceError(ShelflensError):
    """A source of products (folder, table, list) that cannot be read at all."""


class FilterError(ShelflensError):
    """A filter that cannot be parsed or compared."""


class ModelError(ShelflensError):
    """A model that is unknown, damaged, or not the one that its manifest describes."""


class CatalogueError(ShelflensError):
    """A catalogue that is missing, foreign, of another version, or asked for what it does not hold."""


class UnavailableError(CatalogueError):
    """A catalogue whose server cannot be reached for now; the same may be asked again."""


class FullError(CatalogueError):
    """No room for what was to be kept; the same may be asked again when there is some."""


class ClusterError(ShelflensError):
    """A cluster that cannot be reached, has no room, or loses every worker."""


class SpaceError(CatalogueError):
    """Vectors of two spaces were about to meet."""
