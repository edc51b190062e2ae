"""The network pass: published networks, networkx, facts, and what a slip does to the finish."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from typing import Any, cast

import networkx
import pytest
from django.utils import translation
from hypothesis import given, settings
from hypothesis import strategies as st

from projects_api.errors import InvalidInput
from projects_api.schedule.network import MAX_DURATION, MAX_LAG, Activity, Link, Network, Times, check_network, passes
from tests.pure.refusals import refusal
from tests.thorough import examples


def chain(*durations: int, **facts: Activity) -> list[Activity]:
    """Stages a, b, c … each after the one before it; `facts` replace some of them."""
    keys = "abcdefgh"[: len(durations)]
    found = [
        Activity(key, days, (Link(keys[place - 1]),) if place else ())
        for place, (key, days) in enumerate(zip(keys, durations, strict=True))
    ]
    return [facts.get(activity.key, activity) for activity in found]


def spans(network: Network) -> dict[str, tuple[int, int]]:
    return {key: (times.start, times.finish) for key, times in network.times.items()}


def floats(network: Network) -> dict[str, int]:
    return {key: times.total_float for key, times in network.times.items()}


# Published networks


def test_reliable_construction() -> None:
    """The plant of Hillier and Lieberman, "Introduction to Operations Research", chapter on project management with
    PERT/CPM: 44 weeks, critical path A-B-C-E-F-J-L-N, slack of every activity as printed there.
    """
    plan = "A 2, B 4 A, C 10 B, D 6 C, E 4 C, F 5 E, G 7 D, H 9 EG, I 7 C, J 8 FI, K 4 J, L 5 J, M 2 H, N 6 KL"
    rows = [row.split() for row in plan.split(", ")]
    network = passes([Activity(row[0], int(row[1]), tuple(map(Link, "".join(row[2:])))) for row in rows])
    assert network.finish == network.tail == 44
    assert network.critical_path == list("ABCEFJLN")
    slack = {"D": 4, "G": 4, "H": 4, "I": 2, "K": 1, "M": 4}
    assert floats(network) == {key: slack.get(key, 0) for key in "ABCDEFGHIJKLMN"}
    assert [key for key, times in network.times.items() if times.critical] == network.critical_path


def test_taylor() -> None:
    """A problem of Taylor, "Introduction to Management Science", chapter on project management, with the table of its
    published solution: ES, EF, LS, LF, slack. The activities are named by their events; 4-5 is a dummy.
    """
    solution = {
        "1-2": (0, 8, 1, 9, 1),
        "1-3": (0, 10, 0, 10, 0),
        "1-4": (0, 9, 6, 15, 6),
        "2-5": (8, 14, 9, 15, 1),
        "2-6": (8, 12, 16, 20, 8),
        "3-5": (10, 15, 10, 15, 0),
        "4-5": (9, 9, 15, 15, 6),
        "4-7": (9, 16, 20, 27, 11),
        "5-7": (15, 27, 15, 27, 0),
        "5-8": (15, 30, 16, 31, 1),
        "6-9": (12, 30, 20, 38, 8),
        "7-8": (27, 31, 27, 31, 0),
        "8-9": (31, 38, 31, 38, 0),
    }
    durations = dict(zip(solution, (8, 10, 9, 6, 4, 5, 0, 7, 12, 15, 18, 4, 7), strict=True))
    network = passes(
        [Activity(key, durations[key], tuple(Link(p) for p in solution if p[2] == key[0])) for key in solution]
    )
    assert network.times == {key: Times(*row) for key, row in solution.items()}
    assert network.critical_path == ["1-3", "3-5", "5-7", "7-8", "8-9"]


# networkx as the judge


@st.composite
def networks(draw: st.DrawFn, most: int = 9) -> list[Activity]:
    """Activities without facts, in any order of the input."""
    found: list[Activity] = []
    for number in range(draw(st.integers(1, most))):
        ends = st.tuples(st.integers(0, max(number - 1, 0)), st.sampled_from(["FS", "FS", "SS"]))
        chosen = draw(st.lists(ends, unique=True, max_size=min(2 * number, 4)))
        links = tuple(Link(f"k{before}", cast("Any", kind), draw(st.integers(0, 9))) for before, kind in chosen)
        not_before = draw(st.none() | st.integers(0, 40))
        found.append(Activity(f"k{number}", draw(st.integers(0, 20)), links, not_before))
    return draw(st.permutations(found))


def events(activities: list[Activity], begin: int = 0) -> Any:
    """Starts and finishes as nodes; what must lie between two of them as weight of an edge."""
    graph = networkx.DiGraph()
    for activity in activities:
        key = activity.key
        graph.add_edge("begin", (key, "S"), weight=max(begin, activity.not_before or 0))
        graph.add_edge((key, "S"), (key, "F"), weight=activity.duration)
        graph.add_edge((key, "F"), "end", weight=0)
        for link in activity.links:
            graph.add_edge((link.after, link.kind[0]), (key, "S"), weight=link.lag)
    return graph


def longest(graph: Any, source: str) -> dict[Any, int]:
    """Length of the longest path from `source` to every node."""
    turned = networkx.DiGraph()
    turned.add_weighted_edges_from((before, after, -weight) for before, after, weight in graph.edges(data="weight"))
    lengths = networkx.single_source_bellman_ford_path_length(turned, source)
    return {node: -length for node, length in lengths.items()}


@settings(max_examples=examples(150))
@given(networks(), st.none() | st.integers(0, 60))
def test_as_networkx_finds_it(activities: list[Activity], now: int | None) -> None:
    network = passes(activities, now)
    graph = events(activities, now or 0)
    length = networkx.dag_longest_path_length(graph)
    assert network.finish == length
    to, back = longest(graph, "begin"), longest(graph.reverse(), "end")
    for key, times in network.times.items():
        assert times.start == to[key, "S"]
        assert times.finish == to[key, "F"]
        assert times.late_start == length - back[key, "S"]
        assert times.total_float == length - to[key, "S"] - back[key, "S"]
        assert times.late_finish - times.late_start == times.finish - times.start
    assert network.tail == networkx.dag_longest_path_length(events([replace(a, not_before=None) for a in activities]))
    assert list(network.times) == [activity.key for activity in activities]


@settings(max_examples=examples(60))
@given(networks())
def test_the_critical_path_is_a_longest_path(activities: list[Activity]) -> None:
    network, by_key = passes(activities), {activity.key: activity for activity in activities}
    path = network.critical_path
    assert all(network.times[key].critical for key in path)
    assert network.times[path[-1]].finish == network.finish
    first = network.times[path[0]].start
    assert first == (by_key[path[0]].not_before or 0)  # nothing but its own date holds it back
    for before, after in pairwise(path):
        reached = {
            getattr(network.times[before], "start" if link.kind == "SS" else "finish") + link.lag
            for link in by_key[after].links
            if link.after == before
        }
        assert network.times[after].start in reached


# Facts, forecasts and now


@st.composite
def projects(draw: st.DrawFn) -> list[Activity]:
    """Networks with facts of every kind, also such as contradict their links; facts are not later than 60."""
    found = []
    for activity in draw(networks(most=8)):
        state = draw(st.sampled_from(["open", "open", "under way", "finished", "finished without start"]))
        until = draw(st.none() | st.integers(0, 120))
        started = draw(st.integers(0, 60))
        if state == "under way":
            activity = replace(activity, started=started, remaining=draw(st.none() | st.integers(0, 30)), until=until)
        elif state == "finished":
            activity = replace(activity, started=started, finished=draw(st.integers(started, 60)))
        elif state == "finished without start":
            activity = replace(activity, finished=draw(st.integers(0, 60)))
        else:
            activity = replace(activity, until=until)
        found.append(activity)
    return found


@settings(max_examples=examples(60))
@given(projects(), st.integers(0, 200), st.integers(0, 100))
def test_any_later_day_is_answered_without_a_pass(activities: list[Activity], now: int, later: int) -> None:
    """finish(n) = max(finish without now, n + tail), and from any earlier day alike."""
    timeless, today, then = passes(activities), passes(activities, now), passes(activities, now + later)
    assert timeless.tail == today.tail == then.tail
    assert today.finish == timeless.finish_on(now)
    assert then.finish == timeless.finish_on(now + later) == today.finish_on(now + later)
    assert (timeless.tail is None) == all(activity.finished is not None for activity in activities)


@settings(max_examples=examples(60))
@given(projects(), st.integers(0, 90))
def test_facts_stand_and_nothing_open_ends_in_the_past(activities: list[Activity], now: int) -> None:
    network = passes(activities, now)
    assert network.finish == max(times.finish for times in network.times.values())
    for activity in activities:
        times = network.times[activity.key]
        assert times.total_float >= 0
        assert times.start <= times.late_start
        assert times.finish + times.total_float <= times.late_finish <= network.finish
        if activity.finished is not None:
            assert times.finish == activity.finished
        else:
            assert times.finish >= now
        if activity.started is not None:
            assert times.start == activity.started
        elif activity.finished is None:
            assert times.start >= now
            for link in activity.links:
                before = network.times[link.after]
                assert times.start >= (before.start if link.kind == "SS" else before.finish) + link.lag


@settings(max_examples=examples(60))
@given(projects(), st.integers(0, 90), st.data())
def test_a_slip_within_the_float_does_not_move_the_finish_and_a_day_more_does(
    activities: list[Activity], now: int, data: st.DataObject
) -> None:
    network = passes(activities, now)
    open_ones = [activity for activity in activities if activity.finished is None]
    if not open_ones:
        return
    activity = data.draw(st.sampled_from(open_ones))
    times = network.times[activity.key]

    def slipped(days: int) -> int:
        """The finish of the whole if the activity slips."""
        if activity.started is not None:
            later = replace(activity, until=times.finish + days)
        else:
            until = None if activity.until is None else times.finish + days
            later = replace(activity, not_before=times.start + days, until=until)
        changed = [later if other is activity else other for other in activities]
        return cast("int", passes(changed, now).finish)

    assert slipped(times.total_float) == network.finish
    assert slipped(times.total_float + 1) == network.finish + 1
    assert times.critical == (slipped(1) > network.finish)


def test_work_that_is_over_stands_where_it_was() -> None:
    over = Activity("b", 10, (Link("a"),), started=8, finished=14)
    network = passes(chain(5, 10, 4, a=Activity("a", 5, started=2, finished=7), b=over), now=20)
    assert spans(network) == {"a": (2, 7), "b": (8, 14), "c": (20, 24)}
    # c waits for today, not for b; b waited a day for nobody.
    assert floats(network) == {"a": 7, "b": 6, "c": 0}
    assert network.critical_path == ["c"]


def test_the_critical_path_goes_back_through_finished_work() -> None:
    done = Activity("a", 5, started=2, finished=7), Activity("b", 10, (Link("a"),), started=8, finished=20)
    network = passes(chain(5, 10, 4, a=done[0], b=done[1]), now=20)
    assert network.critical_path == ["a", "b", "c"]
    assert floats(network) == {"a": 1, "b": 0, "c": 0}  # between a and b a day was waited


def test_finished_work_without_a_start_took_its_duration() -> None:
    network = passes(chain(5, 10, b=Activity("b", 10, (Link("a"),), finished=14)), now=20)
    assert network.times["b"].start == 4


def test_finished_work_without_a_start_began_when_its_predecessor_let_it() -> None:
    both = {"a": Activity("a", 5, finished=7), "b": Activity("b", 10, (Link("a"),), finished=14)}
    network = passes(chain(5, 10, **both), now=20)
    assert spans(network) == {"a": (2, 7), "b": (7, 14)}
    assert network.critical_path == ["a", "b"]


def test_a_start_that_nobody_knows_is_not_guessed_from_what_is_still_open() -> None:
    done = Activity("b", 10, (Link("a", "SS", 2),), finished=14)
    assert passes([Activity("a", 5), done], now=10).times["b"].start == 4


@pytest.mark.parametrize(
    ("under_way", "now", "finish"),
    [
        (Activity("b", 10, started=6, remaining=3), 20, 23),
        (Activity("b", 10, started=6, remaining=0), 20, 20),
        (Activity("b", 10, started=6, remaining=3), None, 9),
        (Activity("b", 10, started=6), 10, 16),  # by its usual duration
        (Activity("b", 10, started=6), 20, 20),  # which is exceeded
        (Activity("b", 10, started=6, remaining=3, until=30), 20, 30),
        (Activity("b", 10, started=6, remaining=30, until=25), 20, 25),  # the forecast counts, not the remainder
        (Activity("b", 10, started=6, remaining=3, until=15), 20, 20),  # an exceeded forecast: it ends now
    ],
)
def test_work_under_way_ends_by_what_remains(under_way: Activity, now: int | None, finish: int) -> None:
    network = passes(chain(5, 10, 4, a=Activity("a", 5, started=0, finished=6), b=under_way), now)
    assert spans(network)["b"] == (6, finish)
    assert spans(network)["c"] == (finish, finish + 4)


@pytest.mark.parametrize(
    ("until", "now", "span"),
    [
        (40, 0, (5, 40)),
        (40, 50, (55, 55)),  # exceeded: it ends when it can start
        (3, 0, (5, 5)),
        (5, 0, (5, 5)),
    ],
)
def test_a_forecast_stands_in_place_of_the_duration(until: int, now: int, span: tuple[int, int]) -> None:
    network = passes(chain(5, 10, b=Activity("b", 10, (Link("a"),), until=until)), now)
    assert spans(network)["b"] == span


def test_what_comes_before_a_forecast_has_float_up_to_it() -> None:
    forecast = Activity("b", 10, (Link("a"),), until=40)
    network = passes(chain(5, 10, 4, b=forecast), 0)
    assert floats(network) == {"a": 35, "b": 0, "c": 0}
    assert network.critical_path == ["b", "c"]
    assert network.tail == 5 + 4  # the forecast's own days are not what remains


def test_what_waits_for_the_start_of_a_forecast_is_held_back_by_what_comes_before_it() -> None:
    forecast, after = Activity("b", 10, (Link("a"),), until=12), Activity("c", 30, (Link("b", "SS"),))
    network = passes([Activity("a", 5), forecast, after], 0)
    assert spans(network) == {"a": (0, 5), "b": (5, 12), "c": (5, 35)}
    assert network.critical_path == ["a", "b", "c"]
    assert floats(network) == {"a": 0, "b": 0, "c": 0}


def test_a_forecast_of_the_day_it_can_start_leads_back_to_what_comes_before() -> None:
    network = passes(chain(5, 10, b=Activity("b", 10, (Link("a"),), until=5)), 0)
    assert network.critical_path == ["a", "b"]


def test_the_path_ends_with_the_last_of_those_that_end_together() -> None:
    handover = Activity("handover", 0, (Link("works"),))
    assert passes([handover, Activity("works", 9)]).critical_path == ["works", "handover"]


def test_work_that_began_out_of_order_is_not_held_back() -> None:
    early = Activity("b", 10, (Link("a"),), started=3, remaining=4)
    network = passes(chain(5, 10, b=early), now=4)
    assert spans(network) == {"a": (4, 9), "b": (3, 8)}
    assert floats(network) == {"a": 0, "b": 1}
    assert network.critical_path == ["a"]


def test_links_from_start_to_start() -> None:
    roof, walls = Activity("walls", 20), Activity("roof", 5, (Link("walls", "SS", 8),))
    network = passes([roof, walls])
    assert spans(network) == {"walls": (0, 20), "roof": (8, 13)}
    assert floats(network) == {"walls": 0, "roof": 7}
    longer = passes([roof, replace(walls, duration=15)])
    assert longer.finish == 23
    # The roof depends on the start of the walls, so that they cannot slip, though they end three days before the finish.
    assert floats(longer) == {"walls": 0, "roof": 0}
    assert longer.critical_path == ["walls", "roof"]
    assert longer.times["walls"].late_finish == 20


def test_start_to_start_from_work_under_way() -> None:
    walls = Activity("walls", 20, started=2, remaining=10)
    network = passes([walls, Activity("roof", 15, (Link("walls", "SS", 8),))], now=5)
    assert spans(network) == {"walls": (2, 15), "roof": (10, 25)}
    assert floats(network) == {"walls": 10, "roof": 0}  # the walls' end holds nobody back
    assert network.critical_path == ["walls", "roof"]


def test_not_before_leaves_float_to_what_comes_earlier() -> None:
    network = passes(chain(5, 10, b=Activity("b", 10, (Link("a"),), not_before=12)))
    assert spans(network) == {"a": (0, 5), "b": (12, 22)}
    assert floats(network) == {"a": 7, "b": 0}
    assert network.critical_path == ["b"]


def test_no_activities_have_no_finish() -> None:
    network = passes([], now=5)
    assert (network.times, network.finish, network.critical_path, network.tail) == ({}, None, [], None)
    assert network.finish_on(10) is None
    check_network([])


def test_equal_paths_are_chosen_alike_every_time() -> None:
    both = [Activity("a", 5), Activity("b", 5), Activity("c", 1, (Link("b"), Link("a")))]
    assert passes(both).critical_path == ["b", "c"]
    assert passes(both[::-1]).critical_path == ["b", "c"]


def test_a_chain_of_thousands_needs_no_recursion() -> None:
    many = [Activity(f"k{number}", 1, (Link(f"k{number - 1}"),) if number else ()) for number in range(5000)]
    network = passes(many[::-1])
    assert network.finish == 5000
    assert len(network.critical_path) == 5000
    check_network(many)
    looped = [replace(many[0], links=(Link("k4999"),)), *many[1:]]
    assert refusal(check_network, looped) == ("/stages/0/links/0", "cycle")


# Refusals


@pytest.mark.parametrize(
    ("stage", "pointer", "code"),
    [
        (Activity("b", -1), "/stages/1/duration", "negative"),
        (Activity("b", MAX_DURATION + 1), "/stages/1/duration", "too_long"),
        (Activity("b", 1, remaining=-1), "/stages/1/remaining", "negative"),
        (Activity("b", 1, remaining=MAX_DURATION + 1), "/stages/1/remaining", "too_long"),
        (Activity("b", 1, started=5, finished=4), "/stages/1/finished", "ends_before_start"),
        (Activity("b", 1, (Link("b"),)), "/stages/1/links/0/after", "self_dependency"),
        (Activity("b", 1, (Link("a"), Link("x"))), "/stages/1/links/1/after", "unknown_predecessor"),
        (Activity("b", 1, (Link("a"), Link("a", lag=3))), "/stages/1/links/1", "duplicate"),
        (Activity("b", 1, (Link("a", lag=-1),)), "/stages/1/links/0/lag", "lag_out_of_range"),
        (Activity("b", 1, (Link("a", lag=10_000),)), "/stages/1/links/0/lag", "lag_out_of_range"),
        (Activity("b", 1, (Link("a", cast("Any", "FF")),)), "/stages/1/links/0/kind", "unknown_kind"),
        (Activity("a", 1), "/stages/1/key", "duplicate"),
    ],
)
def test_what_no_schedule_can_be_is_refused(stage: Activity, pointer: str, code: str) -> None:
    assert refusal(check_network, [Activity("a", 1), stage]) == (pointer, code)


def test_networks_at_the_limit_pass() -> None:
    check_network(
        [
            Activity("a", MAX_DURATION, started=4, finished=4),
            Activity("b", 0, (Link("a", "FS", MAX_LAG), Link("a", "SS", 0)), remaining=MAX_DURATION),
        ]
    )


def test_a_cycle_is_named_by_its_path() -> None:
    stages = [
        Activity("start", 1),
        Activity("a", 1, (Link("start"), Link("c"))),
        Activity("b", 1, (Link("a", "SS"),)),
        Activity("c", 1, (Link("b"),)),
        Activity("after", 1, (Link("c"),)),
    ]
    with pytest.raises(InvalidInput, match="a → b → c → a") as caught:
        check_network(stages, "/template/stages")
    assert [(error.pointer, error.code) for error in caught.value.errors] == [("/template/stages/1/links/1", "cycle")]
    assert refusal(passes, stages) == ("/stages/1/links/1", "cycle")


def test_two_cycles_are_both_named() -> None:
    stages = [Activity(key, 1, (Link(after),)) for key, after in ("ab", "ba", "cd", "dc")]
    with translation.override("en"), pytest.raises(InvalidInput) as caught:
        check_network(stages)
    assert [str(error.message) for error in caught.value.errors] == [
        "These stages wait for each other: a → b → a.",
        "These stages wait for each other: c → d → c.",
    ]


def test_every_fault_is_named_at_once() -> None:
    stages = [
        Activity("a", -1, (Link("a"), Link("b"))),
        Activity("b", 1, (Link("a"), Link("nobody", lag=9999))),
        Activity("b", 1, (Link("b"),)),
    ]
    with pytest.raises(InvalidInput) as caught:
        check_network(stages)
    assert {error.code for error in caught.value.errors} == {
        "duplicate",
        "negative",
        "self_dependency",
        "unknown_predecessor",
        "lag_out_of_range",
        "cycle",
    }


@pytest.mark.parametrize(
    ("stages", "code"),
    [
        ([Activity("a", 1, (Link("a"),))], "self_dependency"),
        ([Activity("a", 1, (Link("b"),))], "unknown_predecessor"),
        ([Activity("a", 1), Activity("a", 2)], "duplicate"),
    ],
)
def test_a_pass_without_an_order_is_refused(stages: list[Activity], code: str) -> None:
    assert refusal(passes, stages)[1] == code
