"""shelflens as a shell runs it, in this process."""

from __future__ import annotations

from click.testing import CliRunner, Result

from shelflens.cli.main import main


def shelflens(*words: object, code: int = 0) -> Result:
    """What the command answers. Raises what it raised, and AssertionError for any other exit code."""
    result = CliRunner().invoke(main, [str(word) for word in words])
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    assert result.exit_code == code, result.output
    return result
