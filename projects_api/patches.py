"""RFC 6902 patches between documents whose objects are keyed; pure.

A patch holds only `add`, `remove` and `replace`. Objects are compared member by member, arrays (coordinates)
are values and replaced whole, so that one path always means the same fact. No document yet is None or `{}`:
its first patch is one `add` of everything at the path "".
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import jsonpatch
import jsonpointer

Operation = dict[str, Any]
Patch = list[Operation]
Pointer = tuple[str, ...]

_KINDS = frozenset({"add", "remove", "replace"})
_NOTHING: Any = object()


class PatchDoesNotApply(ValueError):
    """The patch does not fit the document: it was made from another one, or somebody changed it."""


def diff(before: dict[str, Any] | None, after: dict[str, Any] | None) -> Patch:
    """The patch from `before` to `after`, operations ordered by path; [] when the two are the same JSON.

    Values are copied: changing a document later does not change the patch. 1 and 1.0 are one number in JSON,
    true is none. The one exception is no document (None) and an empty one: the empty one is added.
    """
    if not before:
        if after is None or (before == after):
            return []
        return [{"op": "add", "path": "", "value": plain_copy(after)}]
    if after is None:
        return [{"op": "replace", "path": "", "value": None}]
    return _compare(before, after, "")


def apply(document: dict[str, Any] | None, patch: Patch) -> dict[str, Any] | None:
    """A new document, neither input touched or shared. Raises PatchDoesNotApply."""
    base: dict[str, Any] | None = plain_copy(document)
    if not patch:
        return base
    try:
        # On copies and in place: jsonpatch alone would put the patch's own objects into the document.
        changed: dict[str, Any] | None = jsonpatch.JsonPatch(plain_copy(patch)).apply(base or {}, in_place=True)
    except (
        jsonpatch.JsonPatchException,
        jsonpointer.JsonPointerException,
        KeyError,
        TypeError,
        AttributeError,
    ) as error:
        raise PatchDoesNotApply(str(error)) from error
    return changed


def follow(document: dict[str, Any], patch: Patch) -> None:
    """`apply` in place, for a chain's own patches one after the other: the cost is that of the patch, not of the document.

    Values are copied, so that no later patch changes an earlier one. Raises PatchDoesNotApply.
    """
    for operation in patch:
        pointer = pointer_of(operation["path"])
        if not pointer:
            document.clear()
            document.update(plain_copy(operation.get("value")) or {})
            continue
        try:
            place = document
            for part in pointer[:-1]:
                place = place[part]
            if operation["op"] == "remove":
                del place[pointer[-1]]
            else:
                place[pointer[-1]] = plain_copy(operation["value"])
        except (KeyError, TypeError) as error:
            raise PatchDoesNotApply(operation["path"]) from error


def touched(patch: Patch) -> set[str]:
    """The paths that a patch writes, as JSON Pointers."""
    return {operation["path"] for operation in patch}


def overlap(first: Patch, second: Patch) -> set[str]:
    """The paths that two patches from one document both write: equal, or one inside the other. Empty: they
    merge.
    """
    both = set()
    for one in touched(first):
        for other in touched(second):
            longer, shorter = (one, other) if len(one) >= len(other) else (other, one)
            if longer == shorter or longer.startswith(f"{shorter}/"):
                both.add(longer)
    return both


def only(patch: Patch, allowed: Callable[[Pointer], bool]) -> Patch:
    """The part of a patch that may be shown: `allowed` decides for every leaf, by its unescaped path.

    A leaf is a scalar, an empty object, or an array without objects in it. An object that is added or
    replaced is pruned to its allowed leaves, an operation without any is dropped; so is a `remove` of a path
    that is not itself allowed.
    """
    shown: Patch = []
    for operation in patch:
        kind, path = operation.get("op"), operation.get("path")
        if kind not in _KINDS or not isinstance(path, str):
            continue  # never made by diff(): what is not understood is not shown
        pointer = pointer_of(path)
        if kind == "remove":
            if allowed(pointer):
                shown.append({"op": kind, "path": path})
            continue
        value = _prune(operation.get("value"), pointer, allowed)
        if value is not _NOTHING:
            shown.append({"op": kind, "path": path, "value": value})
    return shown


def pointer_of(path: str) -> Pointer:
    """The unescaped members of a JSON Pointer: `/a~1b/c` is ("a/b", "c")."""
    return tuple(part.replace("~1", "/").replace("~0", "~") for part in path.split("/")[1:])


def path_of(pointer: Iterable[str]) -> str:
    return "".join(f"/{_escape(part)}" for part in pointer)


def _escape(key: str) -> str:
    return key.replace("~", "~0").replace("/", "~1") if "~" in key or "/" in key else key


def _compare(before: dict[str, Any], after: dict[str, Any], path: str) -> Patch:
    changes: dict[str, Patch] = {}
    for key, new in after.items():
        old = before.get(key, _NOTHING)
        if old is new:
            continue
        if isinstance(old, dict) and isinstance(new, dict):
            inner = _compare(old, new, f"{path}/{_escape(key)}")
            if inner:
                changes[key] = inner
        elif not _same(old, new):
            kind = "add" if old is _NOTHING else "replace"
            changes[key] = [{"op": kind, "path": f"{path}/{_escape(key)}", "value": plain_copy(new)}]
    for key in before.keys() - after.keys():
        changes[key] = [{"op": "remove", "path": f"{path}/{_escape(key)}"}]
    return [operation for key in sorted(changes) for operation in changes[key]]


def _same(old: Any, new: Any) -> bool:
    """Equal as JSON. Python's == alone takes True for 1."""
    if old != new or isinstance(old, bool) != isinstance(new, bool):
        return False
    if isinstance(old, list | tuple):
        return all(map(_same, old, new))
    if isinstance(old, dict):
        return all(_same(old[key], new[key]) for key in old)
    return True


def plain_copy(value: Any) -> Any:
    """copy.deepcopy for plain JSON, about twenty times faster."""
    kind = type(value)
    if kind is dict:
        return {key: plain_copy(item) for key, item in value.items()}
    if kind is list or kind is tuple:
        return [plain_copy(item) for item in value]
    return value


def _prune(value: Any, pointer: Pointer, allowed: Callable[[Pointer], bool]) -> Any:
    """The allowed part of a value, or _NOTHING."""
    if isinstance(value, dict) and value:
        members = {key: _prune(item, (*pointer, key), allowed) for key, item in value.items()}
        kept = {key: item for key, item in members.items() if item is not _NOTHING}
        return kept or _NOTHING
    if isinstance(value, list | tuple) and _holds_objects(value):
        items = [_prune(item, (*pointer, str(index)), allowed) for index, item in enumerate(value)]
        return [item for item in items if item is not _NOTHING] or _NOTHING
    return plain_copy(value) if allowed(pointer) else _NOTHING


def _holds_objects(value: Any) -> bool:
    if isinstance(value, list | tuple):
        return any(map(_holds_objects, value))
    return isinstance(value, dict)
