"""When a contact is told: of one matter once in five minutes, of every other at once."""

from __future__ import annotations

from web.chat.pacing import News, Pace


def test_the_first_of_a_matter_is_told_at_once_and_the_next_when_its_quiet_is_over():
    pace = Pace(quiet_s=300)
    pace.add("Ann", "1", now=0)
    assert pace.take(0) == News("1")
    for number, now in (("2", 10), ("3", 20)):
        pace.add("Ann", number, now)
    assert pace.take(299) is None and pace.rests_s(299) == 1
    assert pace.take(300) == News("2", flags=2)
    pace.add("Ann", "4", now=301)
    assert pace.take(599) is None, "what was told of a moment ago is quiet again"
    assert pace.take(600) == News("4")
    assert pace.take(900) is None and pace.rests_s(900) is None, "nothing is remembered of it"


def test_another_matter_does_not_wait():
    pace = Pace(quiet_s=300)
    pace.add("Ann", "1", now=0)
    pace.take(0)
    for number in range(2, 100):
        pace.add("Ann", str(number), now=1)
    pace.add("Ben", "100", now=1)
    assert pace.take(1) == News("100")


def test_what_has_a_number_lends_it_to_what_has_none():
    pace = Pace()
    pace.add("not stored", None, now=0)
    pace.add("Ann", "7", now=0)
    assert pace.take(0) == News("7", flags=2)


def test_however_many_matters_there_are_only_so_many_are_kept_in_mind_and_none_is_lost():
    pace = Pace(quiet_s=300, most=10)
    for number in range(100):
        pace.add(str(number), str(number), now=0)
        pace.add(str(number), "again", now=0)
    assert len(pace._told) == 10
    at_once, later = pace.take(0), pace.take(300)
    assert at_once == News("0", flags=190) and later == News("again", flags=10)


def test_all_of_it_is_told_at_the_end():
    pace = Pace(quiet_s=300)
    pace.add("Ann", "1", now=0)
    pace.take(0)
    pace.add("Ann", "2", now=1)
    assert pace.take(2, everything=True) == News("2")
    assert pace.take(2, everything=True) is None


def test_after_an_alert_that_did_not_arrive_nothing_waits():
    pace = Pace(quiet_s=300)
    pace.add("Ann", "1", now=0)
    pace.take(0)
    pace.add("Ann", "2", now=1)
    pace.missed()
    assert pace.take(2) == News("2")
    pace.add("Ann", "3", now=3)
    assert pace.take(3) == News("3")
