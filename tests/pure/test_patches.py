"""Changes between documents: the `jsonpatch` package is the judge; the public view shows only what it may."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

import jsonpatch
import pytest
from hypothesis import given
from hypothesis import strategies as st

from projects_api.canonical import canonical
from projects_api.patches import (
    Patch,
    PatchDoesNotApply,
    Pointer,
    apply,
    diff,
    only,
    overlap,
    path_of,
    pointer_of,
    touched,
)

keys = st.sampled_from(["a", "b", "c", "a/b", "~", "~1", "m~n", "", "-", "0", "县"]) | st.text("ab/~", max_size=3)
leaves = st.none() | st.booleans() | st.integers(0, 2) | st.sampled_from([0.0, 1.0, 1.5]) | st.sampled_from(["", "x"])
arrays = st.lists(leaves | st.lists(leaves, max_size=2), max_size=3)
documents: st.SearchStrategy[dict[str, Any]] = st.dictionaries(
    keys,
    st.recursive(leaves | arrays, lambda inner: st.dictionaries(keys, inner, max_size=3), max_leaves=8),
    max_size=4,
)


@given(before=documents | st.none(), after=documents)
def test_a_patch_leads_from_one_document_to_the_other(before: dict[str, Any] | None, after: dict[str, Any]) -> None:
    kept = copy.deepcopy((before, after))
    patch = diff(before, after)
    judged = jsonpatch.JsonPatch(copy.deepcopy(patch)).apply(copy.deepcopy(before or {}))
    assert canonical(judged) == canonical(after)
    if patch or before is not None:
        assert canonical(apply(before, patch)) == canonical(after)
    assert (before, after) == kept
    assert {operation["op"] for operation in patch} <= {"add", "remove", "replace"}
    paths = [pointer_of(operation["path"]) for operation in patch]
    assert paths == sorted(pointer_of(path) for path in touched(patch))
    assert diff(before, after) == patch
    assert (patch == []) == (before is not None and canonical(before) == canonical(after))


def test_the_first_patch_adds_everything() -> None:
    document = {"title_zh": "第十二幼儿园", "milestones": {}}
    nothings: tuple[dict[str, Any] | None, ...] = (None, {})
    for nothing in nothings:
        assert diff(nothing, document) == [{"op": "add", "path": "", "value": document}]
    assert diff(None, None) == []
    assert apply(None, []) is None
    assert apply(None, diff(None, document)) == document


def test_objects_are_entered_arrays_are_replaced_whole_and_keys_escaped() -> None:
    before = {"milestones": {"works": {"percent": 10}}, "site": {"coordinates": [1, 2]}, "gone": 1, "a/b~c": 1}
    after = {"milestones": {"works": {"percent": 60}}, "site": {"coordinates": [1, 3]}, "new": 1, "a/b~c": 2}
    assert diff(before, after) == [
        {"op": "replace", "path": "/a~1b~0c", "value": 2},
        {"op": "remove", "path": "/gone"},
        {"op": "replace", "path": "/milestones/works/percent", "value": 60},
        {"op": "add", "path": "/new", "value": 1},
        {"op": "replace", "path": "/site/coordinates", "value": [1, 3]},
    ]


def test_true_is_not_one_but_one_is_one() -> None:
    assert diff({"a": 1, "b": [1], "c": 1}, {"a": True, "b": [True], "c": 1.0}) == [
        {"op": "replace", "path": "/a", "value": True},
        {"op": "replace", "path": "/b", "value": [True]},
    ]


def test_a_patch_and_its_documents_share_nothing() -> None:
    after: dict[str, Any] = {"milestones": {"a": {"percent": 1}}}
    patch = diff({}, after)
    after["milestones"]["a"]["percent"] = 2
    applied = apply(None, patch)
    assert applied == {"milestones": {"a": {"percent": 1}}}
    applied["milestones"]["a"]["percent"] = 3
    assert patch[0]["value"] == {"milestones": {"a": {"percent": 1}}}
    growing: Patch = [{"op": "add", "path": "/a", "value": {}}, {"op": "add", "path": "/a/b", "value": 1}]
    assert apply({}, growing) == {"a": {"b": 1}}
    assert growing[0]["value"] == {}


@pytest.mark.parametrize(
    "patch",
    [
        [{"op": "remove", "path": "/none"}],
        [{"op": "replace", "path": "/none", "value": 1}],
        [{"op": "add", "path": "/none/deeper", "value": 1}],
        [{"op": "add", "path": "/a/b/c", "value": 1}],
        [{"op": "explode", "path": "/a"}],
        [{"op": "add", "path": "/b"}],
        [{"op": "add"}],
        [{"op": "add", "path": "no slash", "value": 1}],
        ["nonsense"],
        "nonsense",
        7,
    ],
)
def test_a_patch_that_does_not_fit_says_so(patch: Any) -> None:
    document = {"a": {"b": 1}}
    with pytest.raises(PatchDoesNotApply):
        apply(document, patch)
    assert document == {"a": {"b": 1}}


def test_two_changes_merge_unless_one_path_lies_in_the_other() -> None:
    base = {"a": {"x": 1, "y": 1}, "ab": 1}
    one = diff(base, {"a": {"x": 2, "y": 1}, "ab": 1})
    assert overlap(one, diff(base, {"a": {"x": 1, "y": 2}, "ab": 2})) == set()
    assert overlap(one, diff(base, {"a": {"x": 3, "y": 1}, "ab": 1})) == {"/a/x"}
    assert overlap(one, diff(base, {"ab": 1})) == {"/a/x"}
    assert overlap(diff(base, {"ab": 1}), one) == {"/a/x"}


@given(st.lists(st.text()).map(tuple))
def test_pointers_are_escaped_and_back(pointer: Pointer) -> None:
    assert pointer_of(path_of(pointer)) == pointer


# --- what the public may see


def secrets_in(value: Any) -> Iterator[str]:
    if isinstance(value, dict | list):
        for item in value.values() if isinstance(value, dict) else value:
            yield from secrets_in(item)
    elif isinstance(value, str) and value.startswith("secret"):
        yield value


names = st.sampled_from(["open", "private", "milestones", "x", "y"])
shapes = st.recursive(
    st.integers(0, 3),
    lambda inner: st.dictionaries(names, inner, max_size=3) | st.lists(inner, max_size=3),
    max_leaves=12,
)


def marked(value: Any, pointer: Pointer = ()) -> Any:
    """The same shape with "secret" in every leaf under a member called "private"."""
    if isinstance(value, dict):
        return {key: marked(item, (*pointer, key)) for key, item in value.items()}
    if isinstance(value, list):
        return [marked(item, pointer) for item in value]
    return f"secret {value}" if "private" in pointer else f"shown {value}"


@given(before=st.dictionaries(names, shapes, max_size=4), after=st.dictionaries(names, shapes, max_size=4))
def test_no_leaf_that_is_not_allowed_gets_out(before: dict[str, Any], after: dict[str, Any]) -> None:
    patch = diff(marked(before), marked(after))
    kept = copy.deepcopy(patch)
    shown = only(patch, lambda pointer: "private" not in pointer)
    assert patch == kept
    assert list(secrets_in([operation.get("value") for operation in shown])) == []
    assert all("private" not in pointer_of(operation["path"]) for operation in shown)
    # and nothing allowed is lost
    assert only(patch, lambda pointer: True) == patch
    assert only(patch, lambda pointer: False) == []


def test_a_whole_object_is_pruned_and_an_empty_rest_is_dropped() -> None:
    def allowed(pointer: Pointer) -> bool:
        return pointer[-1:] != ("note",) and pointer[:1] != ("contact_phone",)

    document = {
        "title": "t",
        "contact_phone": "1",
        "milestones": {"a": {"percent": 1, "note": "n"}, "b": {"note": "n"}},
    }
    assert only(diff(None, document), allowed) == [
        {"op": "add", "path": "", "value": {"title": "t", "milestones": {"a": {"percent": 1}}}}
    ]
    later = {
        "title": "t",
        "milestones": {"a": {"percent": 1, "note": "m"}, "b": {"note": "n"}, "c": {"note": "n"}},
    }
    assert only(diff(document, later), allowed) == []


def test_an_operation_that_is_not_understood_is_not_shown() -> None:
    patch: Patch = [
        {"op": "test", "path": "/a", "value": 1},
        {"op": "move", "path": "/a", "from": "/private"},
        {"op": "add"},
    ]
    assert only(patch, lambda pointer: True) == []
