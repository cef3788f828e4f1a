"""The event logic alone: times and sightings in, events out."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shelflens.types import Box
from shelflens.watch.certainty import probability, threshold
from shelflens.watch.events import MOST_TRACKS, TOLD_BY, Event, Happening, Rules, Tracker, events
from shelflens.watch.sighting import Look, Sighting

HERE = Box(0.4, 0.4, 0.6, 0.7)
THERE = Box(0.05, 0.1, 0.2, 0.4)
RULES = Rules(threshold=20.0)
STEP = 0.2


def sighting(strength: float = 10.0, *, box: Box = HERE, product: str = "tea", still: bool = False) -> Sighting:
    return Sighting(product, box, strength, 0.6, still)


def told(found: Sequence[Event]) -> list[tuple[Happening, str]]:
    return [(event.happening, event.appearance.product_id) for event in found]


def test_an_appearance_is_told_once_it_is_certain_and_ended_once_it_has_left() -> None:
    looks = [Look(n * STEP, (sighting(),) if 5 <= n < 20 else ()) for n in range(60)]
    appeared, ended = events(looks, RULES)
    assert appeared.happening is Happening.APPEARED and appeared.at == pytest.approx(6 * STEP)  # the second sighting
    assert ended.happening is Happening.ENDED
    assert (ended.appearance.start, ended.appearance.end) == pytest.approx((5 * STEP, 19 * STEP))
    assert ended.appearance.box == HERE and ended.appearance.strength == 30


def test_weak_sightings_are_told_of_nothing_however_many() -> None:
    assert not events([Look(n * STEP, (sighting(6.0),)) for n in range(200)], RULES)


def test_a_second_appearance_within_the_cool_down_is_repeated_and_a_later_one_is_not() -> None:
    starts = (0.0, 10.0, 50.0)
    looks = [Look(t / 5, (sighting(),) if any(s <= t / 5 < s + 1 for s in starts) else ()) for t in range(300)]
    appeared = [event for event in events(looks, RULES) if event.happening is Happening.APPEARED]
    assert [event.repeated for event in appeared] == [False, True, False]


def test_a_product_that_crosses_the_picture_is_one_appearance() -> None:
    looks = [Look(n * STEP, (sighting(box=Box(x := 0.03 * n, 0.4, x + 0.1, 0.7)),)) for n in range(28)]
    assert told(events(looks, RULES)) == [(Happening.APPEARED, "tea"), (Happening.ENDED, "tea")]


def test_two_of_a_product_side_by_side_are_two_appearances() -> None:
    looks = [Look(n * STEP, (sighting(), sighting(9.0, box=THERE))) for n in range(10)]
    assert len({event.appearance.track for event in events(looks, RULES)}) == 2


def test_of_two_products_in_one_place_the_stronger_is_told() -> None:
    looks = [Look(n * STEP, (sighting(14.0), sighting(10.0, product="coffee"))) for n in range(10)]
    assert {event.appearance.product_id for event in events(looks, RULES)} == {"tea"}


def standing(seconds: float) -> list[Look]:
    """Compared when it comes, glanced at while it stands, compared once more when it seems to have settled."""
    settled = round(RULES.settled / STEP) + 1
    return [Look(n * STEP, (sighting(still=n > 3 and n != settled),)) for n in range(round(seconds / STEP))]


def test_what_stood_there_and_is_gone_is_missing() -> None:
    looks = standing(5.0)
    looks += [Look(5.0 + n * STEP, (), (1,)) for n in range(10)]
    found = events(looks, RULES)
    assert [event.happening for event in found] == [Happening.APPEARED, Happening.MISSING, Happening.ENDED]
    assert found[1].at == pytest.approx(5.0 + RULES.gone, abs=STEP)
    assert found[1].appearance.box == HERE


def test_what_is_hidden_for_a_minute_is_not_missing() -> None:
    looks = [*standing(5.0), *(Look(5.0 + n * STEP) for n in range(300)), Look(66.0, (sighting(still=True),))]
    assert Happening.MISSING not in {event.happening for event in events(looks, RULES)}


def test_what_is_hidden_for_hours_has_left() -> None:
    looks = [*standing(5.0), *(Look(5.0 + 60.0 * n) for n in range(100))]
    ended = [event for event in events(looks, RULES) if event.happening is Happening.ENDED]
    assert [event.at for event in ended] == pytest.approx([RULES.away + 5.0], abs=60.0)


def test_a_place_that_only_looks_as_it_did_is_asked_for_a_closer_look_and_does_not_settle_without() -> None:
    """Something else was taken for the product's place: the picture's edge, where it went out."""
    tracker = Tracker(RULES)
    for n in range(100):
        tracker.advance(Look(n * STEP, (sighting(still=n > 3),)))
        (place,) = tracker.places()
        assert place.home is None
        assert place.settling is (n * STEP >= RULES.settled)
    happened = [event.happening for n in range(30) for event in tracker.advance(Look(20 + n * STEP, (), (1,)))]
    assert happened == [Happening.ENDED]


def test_once_settled_a_place_is_not_asked_for_again() -> None:
    tracker = Tracker(RULES)
    for look in standing(10.0):
        tracker.advance(look)
    (place,) = tracker.places()
    assert place.home == HERE and not place.settling


def test_what_stood_in_one_scene_is_another_appearance_in_the_next_and_the_same_when_it_comes_back() -> None:
    looks = [*standing(5.0), *(Look(5.0 + n * STEP, (sighting(),), scene=1) for n in range(20))]
    looks += [Look(9.0 + n * STEP, (sighting(still=True),)) for n in range(20)]
    found = events(looks, RULES)
    assert [event.appearance.track for event in found if event.happening is Happening.APPEARED] == [1, 2]
    ended = {event.appearance.track: event.appearance for event in found if event.happening is Happening.ENDED}
    assert ended[1].end == pytest.approx(9.0 + 19 * STEP) and ended[2].end == pytest.approx(5.0 + 19 * STEP)


def test_what_is_carried_through_the_picture_has_not_stood_anywhere() -> None:
    looks = [Look(n * STEP, (sighting(box=Box(x := 0.02 * n, 0.4, x + 0.1, 0.7)),)) for n in range(40)]
    looks += [Look(8.0 + n * STEP, (), (1,)) for n in range(20)]
    assert Happening.MISSING not in {event.happening for event in events(looks, RULES)}


def test_what_is_carried_off_from_where_it_stood_is_missing() -> None:
    looks = standing(5.0)
    looks += [Look(5 + n * STEP, (sighting(box=Box(x := 0.4 + 0.03 * n, 0.4, x + 0.1, 0.7)),), (1,)) for n in range(15)]
    looks += [Look(8 + n * STEP, (), (1,)) for n in range(20)]
    assert Happening.MISSING in {event.happening for event in events(looks, RULES)}


def test_tracks_are_bounded_and_what_was_told_is_kept() -> None:
    tracker = Tracker(RULES)
    tracker.advance(Look(0.0, (sighting(50.0),)))
    for n in range(1, 400):
        tracker.advance(Look(n / 1000, (sighting(6.0, product=f"p{n}"),)))
    assert len(tracker.places()) == MOST_TRACKS
    assert tracker.places()[0].product_id == "tea"


@settings(max_examples=60)
@given(st.lists(st.tuples(st.floats(0.05, 6), st.floats(0, 15)), max_size=60))
def test_appearances_are_those_of_the_slow_way(steps: list[tuple[float, float]]) -> None:
    """Of one product in one place: cut at every silence longer than the patience, keep what is strong enough."""
    at, seen = 0.0, []
    for step, strength in steps:
        at += step
        seen.append((at, strength))
    rules = Rules(threshold=20.0, settled=1e9)
    runs: list[list[tuple[float, float]]] = [seen[:1]] if seen else []
    for before, now in pairwise(seen):
        if now[0] - before[0] > rules.patience:
            runs.append([])
        runs[-1].append(now)
    expected = [
        (run[0][0], run[-1][0])
        for run in runs
        if sum(sorted((strength for _, strength in run), reverse=True)[:TOLD_BY]) >= rules.threshold
    ]
    looks = [Look(t, (sighting(s),)) for t, s in seen]
    found = [event.appearance for event in events(looks, rules) if event.happening is Happening.ENDED]
    assert [(one.start, one.end) for one in found] == expected


@settings(max_examples=40)
@given(
    st.lists(
        st.tuples(
            st.floats(0.01, 3),
            st.lists(st.tuples(st.sampled_from("abc"), st.floats(0, 0.8), st.floats(0, 40), st.booleans()), max_size=4),
            st.lists(st.integers(1, 6), max_size=3),
        ),
        max_size=40,
    )
)
def test_whatever_is_seen_every_appearance_ends_once_after_it_began(
    steps: list[tuple[float, list[tuple[str, float, float, bool]], list[int]]],
) -> None:
    at, looks = 0.0, []
    for step, seen, empty in steps:
        at += step
        found = tuple(sighting(s, box=Box(x, 0.1, x + 0.2, 0.5), product=p, still=q) for p, x, s, q in seen)
        looks.append(Look(at, found, tuple(empty)))
    all_events = events(looks, RULES)
    assert all_events == events(looks, RULES)
    appeared = [event for event in all_events if event.happening is Happening.APPEARED]
    ended = [event for event in all_events if event.happening is Happening.ENDED]
    assert sorted(e.appearance.track for e in appeared) == sorted(e.appearance.track for e in ended)
    assert all(e.appearance.start <= e.appearance.best_at <= e.appearance.end <= e.at for e in ended)
    assert all(e.appearance.strength >= RULES.threshold for e in all_events)


def test_fewer_alarms_want_a_higher_threshold_and_more_strength_is_surer() -> None:
    assert threshold(0.1) > threshold(1.0) > threshold(10.0) > 0
    assert probability(5) < probability(15) < probability(60) < 1
    with pytest.raises(ValueError, match="more than 0"):
        threshold(0)
