"""The network pass: earliest and latest times, total float and critical path of linked work; pure.

The critical path method on activities on nodes (Kelley and Walker, "Critical-path planning and scheduling", 1959; Moder,
Phillips and Davis, "Project Management with CPM, PERT and Precedence Diagramming", 1983, for start-to-start links and lags),
with facts: finished work stands where it was, work under way ends by what remains of it, and no other work starts before now.

All times are integers, usually indexes of working days (`schedule.calendar`). Spans are half-open: work of duration d that
starts at s ends at s + d, and what follows may start at s + d.

Work is done in one piece, so that its end moves with its start. A link into work that has begun binds nothing any more: the
start is a fact, and a fact that contradicts a link stands.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

from django.utils.translation import gettext as _

from projects_api.errors import FieldError, InvalidInput

MAX_DURATION = 3660  # working days: ten years
MAX_LAG = 1830


@dataclass(frozen=True, slots=True)
class Link:
    """`after` is the key of the predecessor. FS: start when it has ended, SS: when it has started, `lag` days later each."""

    after: str
    kind: Literal["FS", "SS"] = "FS"
    lag: int = 0


@dataclass(frozen=True, slots=True)
class Activity:
    """One piece of work: `duration` in days, all other numbers times, but for `remaining`.

    Not begun: starts by its links, `not_before` and now; ends `duration` later.
    Under way (`started`): ends `remaining` days from now; where that is None, `duration` after its start, but not before now.
    Over (`finished`): both ends are facts; where `started` is not known, it took its `duration`, or less where the facts of its
    predecessors let it go later.
    `until` is somebody's forecast of the end. It stands in place of `duration` and `remaining`, but work never ends before it
    can start, nor before now: a forecast that has passed says that the work ends now.
    """

    key: str
    duration: int
    links: tuple[Link, ...] = ()
    not_before: int | None = None
    started: int | None = None
    finished: int | None = None
    remaining: int | None = None
    until: int | None = None

    @property
    def has_begun(self) -> bool:
        return self.started is not None or self.finished is not None


class Times(NamedTuple):
    """Of one activity. `total_float`: by how many days it may slip before the finish of the whole moves; critical: by none.

    Work not begun slips as a whole. Of work under way only the end can slip: `late_start` says how late it could have begun.
    Finished work is taken as if it could still have been moved: its float is how much later it could have been. Where
    `until` gives the end, `late_start` is the latest start that still allows `late_finish`.
    """

    start: int
    finish: int
    late_start: int
    late_finish: int
    total_float: int

    @property
    def critical(self) -> bool:
        return self.total_float == 0


@dataclass(frozen=True, slots=True)
class Network:
    """Times by key in the order of the input.

    `finish`: when the last activity ends; None where there is none.
    `critical_path`: the keys of one longest chain, ending at the finish. Work not begun is led there by the link that holds it
    back, begun work by the link that let it go last, even if it then waited. Of equal chains it is the one that goes by the
    first link; the chain begins where no link holds, but a date, or now.
    `tail`: the longest chain of work that remains after now; None when nothing remains.
    """

    times: dict[str, Times]
    finish: int | None
    critical_path: list[str]
    tail: int | None

    def finish_on(self, now: int) -> int | None:
        """The finish as `passes` would find it for the same activities on a later `now`, without a new pass.

        Every time is a maximum of sums of constants and, at most, one `now`: max-plus algebra (Baccelli, Cohen, Olsder and
        Quadrat, "Synchronization and Linearity", 1992), in which the finish is max(finish so far, now + tail).
        """
        if self.finish is None or self.tail is None:
            return self.finish
        return max(self.finish, now + self.tail)


_Keyed = dict[str, Activity]
_At = dict[str, int]  # a time of each activity, by key


def check_network(stages: Sequence[Activity], pointer: str = "/stages") -> None:
    """Raises InvalidInput with every problem, pointers below `pointer`.

    Codes: duplicate (a key, or the same link twice), negative, too_long (duration, remaining), ends_before_start (facts),
    self_dependency, unknown_predecessor, unknown_kind, lag_out_of_range, cycle (named by its path; a cycle that waits for
    another may show only when that one is mended).
    """
    places: dict[str, int] = {}
    errors: list[FieldError] = []
    for place, stage in enumerate(stages):
        if places.setdefault(stage.key, place) != place:
            words = _("There is another stage “%(key)s”.") % {"key": stage.key}
            errors.append(FieldError(f"{pointer}/{place}/key", "duplicate", words))
    for place, stage in enumerate(stages):
        errors += _wrong_numbers(stage, f"{pointer}/{place}")
        errors += _wrong_links(stage, places, f"{pointer}/{place}/links")
    for path in _cycles(stages, places):
        first = places[path[0]]
        closing = next(number for number, link in enumerate(stages[first].links) if link.after == path[-1])
        words = _("These stages wait for each other: %(path)s.") % {"path": " → ".join([*path, path[0]])}
        errors.append(FieldError(f"{pointer}/{first}/links/{closing}", "cycle", words))
    if errors:
        raise InvalidInput(errors)


def passes(activities: Sequence[Activity], now: int | None = None) -> Network:
    """Forward and backward pass; without facts and `now` the textbook's, from time 0. O(activities + links).

    Raises InvalidInput, as `check_network`, where there is no order to the activities; it does not look for other faults.
    """
    order = _order(activities)
    by_key = {activity.key: activity for activity in activities}
    start: _At = {}
    finish: _At = {}
    for activity in order:
        key = activity.key
        start[key], finish[key] = _earliest(activity, by_key, start, finish, now)
    if not order:
        return Network({}, None, [], None)
    end = max(finish.values())

    # Backward: by when each must have started and finished, as what comes after it needs.
    start_by = dict.fromkeys(by_key, end)
    finish_by = dict.fromkeys(by_key, end)
    times: dict[str, Times] = {}
    for activity in reversed(order):
        key = activity.key
        times[key] = found = _latest(activity, start[key], finish[key], start_by[key], finish_by[key])
        begun = activity.has_begun
        for link in activity.links:
            if not begun or _holds(link, activity, by_key, start, finish):
                needed = start_by if link.kind == "SS" else finish_by
                latest = found.late_start - link.lag
                if latest < needed[link.after]:
                    needed[link.after] = latest

    last = next(activity for activity in reversed(order) if finish[activity.key] == end)
    return Network(
        {activity.key: times[activity.key] for activity in activities},
        end,
        _chain(last, by_key, start, finish),
        _tail(order),
    )


def _earliest(activity: Activity, by_key: _Keyed, start: _At, finish: _At, now: int | None) -> tuple[int, int]:
    """Start and finish of one activity whose predecessors' are known."""
    if activity.finished is not None:
        if activity.started is not None:
            return activity.started, activity.finished
        facts = (_bound(link, start, finish) for link in activity.links if _is_fact(link, by_key))
        let_go = [bound for bound in facts if bound <= activity.finished]
        return max([activity.finished - activity.duration, *let_go]), activity.finished
    if activity.started is not None:
        # Without a `now` as if it were the day of the start, so that any later day can only add.
        today = activity.started if now is None else max(now, activity.started)
        if activity.until is not None:
            return activity.started, max(today, activity.until)
        if activity.remaining is not None:
            return activity.started, today + activity.remaining
        return activity.started, max(today, activity.started + activity.duration)
    begins = max(now or 0, activity.not_before or 0, *[_bound(link, start, finish) for link in activity.links])
    return begins, begins + activity.duration if activity.until is None else max(begins, activity.until)


def _latest(activity: Activity, start: int, finish: int, start_by: int, finish_by: int) -> Times:
    """Its times, from when what comes after needs it to have started and to have finished."""
    late_start = min(start_by, finish_by - (finish - start))
    if activity.finished is None and activity.started is not None:
        return Times(start, finish, late_start, finish_by, finish_by - finish)
    if activity.finished is None and activity.until is not None:
        late_start = min(start_by, finish_by)
        return Times(start, finish, late_start, finish_by, min(late_start - start, finish_by - finish))
    slack = late_start - start
    return Times(start, finish, late_start, finish + slack, slack)


def _bound(link: Link, start: _At, finish: _At) -> int:
    """The earliest start that the link allows."""
    return (start if link.kind == "SS" else finish)[link.after] + link.lag


def _is_fact(link: Link, by_key: _Keyed) -> bool:
    before = by_key[link.after]
    return before.has_begun if link.kind == "SS" else before.finished is not None


def _holds(link: Link, activity: Activity, by_key: _Keyed, start: _At, finish: _At) -> bool:
    """Whether the start of `activity` heeds the link: always before it has begun; then only as a fact that fits a fact."""
    return not activity.has_begun or (_is_fact(link, by_key) and _bound(link, start, finish) <= start[activity.key])


def _chain(last: Activity, by_key: _Keyed, start: _At, finish: _At) -> list[str]:
    """The keys from the first cause to `last`: see `Network.critical_path`."""
    path = [last.key]
    activity = last
    by_its_end = True  # or by its start, where a start-to-start link leads on
    while True:
        if (
            by_its_end
            and not activity.has_begun
            and activity.until is not None
            and activity.until > start[activity.key]
        ):
            break  # it owes its end to somebody's forecast, to nothing before it
        cause = _cause(activity, by_key, start, finish)
        if cause is None:
            break
        activity = by_key[cause.after]
        by_its_end = cause.kind == "FS"
        path.append(activity.key)
    return path[::-1]


def _cause(activity: Activity, by_key: _Keyed, start: _At, finish: _At) -> Link | None:
    """The link that holds its start back; where it has begun, the last of those that let it go."""
    if not activity.has_begun:
        begins = start[activity.key]
        return next((link for link in activity.links if _bound(link, start, finish) == begins), None)
    let_go = [link for link in activity.links if _holds(link, activity, by_key, start, finish)]
    return max(let_go, key=lambda link: _bound(link, start, finish), default=None)


def _tail(order: Sequence[Activity]) -> int | None:
    """The longest chain from now to the end of anything: the part of the finish that moves with now."""
    start: _At = {}
    finish: _At = {}
    for activity in order:
        key = activity.key
        if activity.finished is not None:
            continue  # a fact does not move
        if activity.started is not None:
            finish[key] = 0 if activity.until is not None else activity.remaining or 0
            continue
        begins = 0
        for link in activity.links:
            before = start if link.kind == "SS" else finish
            if link.after in before and before[link.after] + link.lag > begins:  # what is not there is a fact
                begins = before[link.after] + link.lag
        start[key] = begins
        finish[key] = begins + activity.duration if activity.until is None else begins
    return max(finish.values(), default=None)


def _order(activities: Sequence[Activity]) -> list[Activity]:
    """Predecessors first (Kahn, "Topological sorting of large networks", 1962), else in the order of the input."""
    followers: dict[str, list[Activity]] = {activity.key: [] for activity in activities}
    waits = {activity.key: len(activity.links) for activity in activities}
    for activity in activities:
        for link in activity.links:
            if link.after not in followers:
                check_network(activities)
            followers[link.after].append(activity)
    order = [activity for activity in activities if not activity.links]
    for activity in order:  # grows while it is read
        for follower in followers[activity.key]:
            waits[follower.key] -= 1
            if waits[follower.key] == 0:
                order.append(follower)
    if len(order) < len(activities) or len(followers) < len(activities):
        check_network(activities)
    return order


def _cycles(stages: Sequence[Activity], places: dict[str, int]) -> Iterator[list[str]]:
    """Keys of cycles in the order of work, each beginning with its first stage in the input."""
    before = {
        key: [link.after for link in stages[place].links if link.after in places and link.after != key]
        for key, place in places.items()
    }
    after: dict[str, list[str]] = {key: [] for key in before}
    for key, links in before.items():
        for predecessor in links:
            after[predecessor].append(key)
    waits = {key: len(links) for key, links in before.items()}
    free = [key for key, count in waits.items() if count == 0]
    for key in free:  # grows while it is read
        for follower in after[key]:
            waits[follower] -= 1
            if waits[follower] == 0:
                free.append(follower)
    # What is left waits for a cycle: every such stage has a predecessor that is left too. Walk back along the first of
    # them; the walks of all stages meet in cycles.
    left = {key: next(p for p in before[key] if waits[p] > 0) for key, count in waits.items() if count > 0}
    walk_of: dict[str, str] = {}
    for beginning in left:
        key = beginning
        while key not in walk_of:
            walk_of[key] = beginning
            key = left[key]
        if walk_of[key] != beginning:
            continue
        path = [key]
        while (key := left[key]) != path[0]:
            path.append(key)
        path.reverse()
        turn = path.index(min(path, key=places.__getitem__))
        yield path[turn:] + path[:turn]


def _wrong_numbers(stage: Activity, pointer: str) -> Iterator[FieldError]:
    for name, days in (("duration", stage.duration), ("remaining", stage.remaining or 0)):
        if days < 0:
            yield FieldError(f"{pointer}/{name}", "negative", _("A number of days cannot be negative."))
        elif days > MAX_DURATION:
            words = _("At most %(max)s working days.") % {"max": MAX_DURATION}
            yield FieldError(f"{pointer}/{name}", "too_long", words)
    if stage.started is not None and stage.finished is not None and stage.finished < stage.started:
        yield FieldError(f"{pointer}/finished", "ends_before_start", _("This ends before it starts."))


def _wrong_links(stage: Activity, places: dict[str, int], pointer: str) -> Iterator[FieldError]:
    seen: set[tuple[str, str]] = set()
    for number, link in enumerate(stage.links):
        at = f"{pointer}/{number}"
        if link.after == stage.key:
            yield FieldError(f"{at}/after", "self_dependency", _("A stage cannot come after itself."))
        elif link.after not in places:
            words = _("There is no stage “%(key)s”.") % {"key": link.after}
            yield FieldError(f"{at}/after", "unknown_predecessor", words)
        if link.kind not in ("FS", "SS"):
            words = _("A link is FS (finish to start) or SS (start to start).")
            yield FieldError(f"{at}/kind", "unknown_kind", words)
        if not 0 <= link.lag <= MAX_LAG:
            words = _("A lag is between 0 and %(max)s working days.") % {"max": MAX_LAG}
            yield FieldError(f"{at}/lag", "lag_out_of_range", words)
        if (link.after, link.kind) in seen:
            yield FieldError(at, "duplicate", _("This link is listed twice."))
        seen.add((link.after, link.kind))
