"""Both languages say everything. Needs no browser."""

from __future__ import annotations

import re
from importlib import resources
from pathlib import Path

import pytest

from shelflens.audit.duplicates import Why
from shelflens.audit.pictures import Fault

PAGE = Path(str(resources.files("shelflens.serve"))) / "page"
ENTRY = re.compile(r'^  "([\w-]+)": (.+),$', re.MULTILINE)
#: Keys that are put together when the page runs, by what they begin with.
MADE = (
    "field-", "evidence-", "band-", "action-", "verdict-", "room-", "hint-", "job-", "run-", "state-", "scope-",
    "copies-", "because-", "fault-", "measured-",
)  # fmt: skip


def strings(language: str) -> dict[str, str]:
    """Of all pages."""
    files = sorted((PAGE / "strings").glob(f"*{language}.js"))
    text = "\n".join(path.read_text(encoding="utf-8") for path in files)
    found = ENTRY.findall(text)
    assert len(found) == len(dict(found)) == text.count('\n  "')
    return dict(found)


def scripts() -> str:
    return "\n".join(path.read_text(encoding="utf-8") for path in (PAGE / "script").rglob("*.js"))


def said() -> set[str]:
    """Every key that a script or a page names."""
    code = scripts()
    # The first argument of say(), whatever it chooses between.
    calls = re.findall(r"\bsay\(((?:[^(),]|\([^()]*\))+)", code)
    keys = {key for call in calls for key in re.findall(r'"([a-z][\w-]*)"', call.split("{")[0])}
    pages = "\n".join(path.read_text(encoding="utf-8") for path in PAGE.glob("*.html"))
    return keys | set(re.findall(r'data-say(?:-[\w-]+)?="([\w-]+)"', pages))


def test_both_languages_have_the_same_strings() -> None:
    assert strings("en").keys() == strings("zh").keys()


@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_translation_has_the_blanks_of_the_original(language: str) -> None:
    blanks = re.compile(r"\{(\w+)\}")
    original = strings("en")
    for key, words in strings(language).items():
        assert set(blanks.findall(words)) == set(blanks.findall(original[key])), key


def test_all_that_the_page_says_exists_and_all_that_exists_is_said() -> None:
    keys = strings("en").keys()
    values = {"accept", "review", "unknown", "yes", "no", "title_zh", "success"}  # compared with, not said
    assert said() - keys - values == set()
    code = scripts()
    unsaid = {key for key in keys - said() if not key.startswith(MADE) and f'"{key}"' not in code}
    assert unsaid == set()


def test_every_finding_of_an_audit_has_words() -> None:
    keys = strings("zh").keys()
    assert {f"because-{why}" for why in Why} | {f"copies-by-{why}" for why in Why} <= keys
    assert {f"fault-{fault}" for fault in Fault} <= keys
    assert {f"measured-{fault}" for fault in set(Fault) - {Fault.MISSING, Fault.UNREADABLE}} <= keys


def test_the_page_takes_nothing_from_elsewhere_and_writes_no_markup() -> None:
    for path in PAGE.rglob("*"):
        if path.suffix not in (".js", ".html", ".css"):
            continue
        text = path.read_text(encoding="utf-8")
        outside = [url for url in re.findall(r"https?://[\w.]+", text) if url != "http://www.w3.org"]
        assert not outside or path.parent.name == "strings", path
        assert not re.search(r"innerHTML|insertAdjacentHTML|\beval\(|new Function", text), path
        assert not re.search(r"<\w[^>]*\s(?:style|on\w+)=", text), path  # the policy forbids both


def test_files_are_small() -> None:
    for path in [*PAGE.rglob("*.js"), *PAGE.rglob("*.css"), *PAGE.rglob("*.html")]:
        assert len(path.read_text(encoding="utf-8").splitlines()) < 350, path
