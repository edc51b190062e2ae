"""The network pass of a project of 30 stages against networkx's longest path, and with its dates by the working calendar.

One longest path of networkx gives the finish and the critical path; the floats need a second one, from the other end. Ours
gives all of them, and the tail by which lists answer for other days.
"""

from __future__ import annotations

import random
from datetime import date

import networkx

from benchmarks.measure import Bench, Row, Timed, interleaved, median
from projects_api.schedule.calendar import CalendarRules, calendar_of
from projects_api.schedule.network import Activity, Link, passes

OURS, ONCE, TWICE, DATED = "ours", "once", "twice", "dated"
STAGES = 30
LIMIT = 0.005  # seconds, the issue's own


def run(bench: Bench) -> list[Row]:
    activities = _project()
    graph = _graph(activities)
    back = graph.reverse()
    calendar = calendar_of(CalendarRules(winter=("11-15", "03-15"), spring_festival=(7, 15), public_holidays=True))
    now = calendar.index(date(2026, 3, 1))

    def dated() -> list[tuple[date, date]]:
        times = passes(activities, now).times.values()
        return [(calendar.day(each.start), calendar.last(each.finish)) for each in times]

    network, longest = passes(activities), networkx.dag_longest_path(graph)
    if network.finish != networkx.dag_longest_path_length(graph) or network.critical_path != longest[:-1]:
        raise AssertionError("networkx finds another longest path: there is nothing to compare")
    work = {
        OURS: lambda: passes(activities),
        ONCE: lambda: networkx.dag_longest_path(graph),
        TWICE: lambda: (networkx.dag_longest_path(graph), networkx.dag_longest_path(back)),
        DATED: dated,
    }
    taken: Timed = interleaved(bench.rounds(600), work, warm_up=20)
    ours, once, twice, with_dates = (median(taken[name]) for name in (OURS, ONCE, TWICE, DATED))
    links = sum(len(activity.links) for activity in activities)
    what = f"network pass, {STAGES} stages, {links} links"
    return [
        Row(
            f"{what}: times, floats, critical path",
            _us(ours),
            f"networkx.dag_longest_path from both ends: {_us(twice)}",
            f"{ours / twice:.2f}",
            "≤ 1 ×",
            ours <= twice,
        ),
        Row(
            f"{what}: the same, against the critical path alone",
            _us(ours),
            f"networkx.dag_longest_path: {_us(once)}",
            f"{ours / once:.2f}",
        ),
        Row(
            f"{what}: the same, with its dates by the working calendar",
            _us(with_dates),
            goal="≤ 5 ms",
            met=with_dates <= LIMIT,
        ),
    ]


def _project() -> list[Activity]:
    """Each stage after one to three of the five before it, finish to start, so that networkx's graph holds the same."""
    chance = random.Random(3)
    found: list[Activity] = []
    for number in range(STAGES):
        before = chance.sample(found[-5:], min(number, chance.randint(1, 3)))
        links = tuple(Link(activity.key, "FS", chance.randint(0, 15)) for activity in before)
        found.append(Activity(f"stage_{number:02}", chance.randint(5, 90), links))
    return found


def _graph(activities: list[Activity]) -> networkx.DiGraph:
    """A stage's duration and the lag lie on the edges that leave it."""
    graph = networkx.DiGraph()
    for activity in activities:
        graph.add_edge(activity.key, "end", weight=activity.duration)
    durations = {activity.key: activity.duration for activity in activities}
    for activity in activities:
        for link in activity.links:
            graph.add_edge(link.after, activity.key, weight=durations[link.after] + link.lag)
    return graph


def _us(seconds: float) -> str:
    return f"{seconds * 1e6:,.0f} µs"
