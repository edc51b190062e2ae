"""What projects are called: one rule, whose border is the bureau's."""

from __future__ import annotations

import pytest

from projects_api.codes import LAST_NUMBER, is_code, next_number

PUCHENG, SCA = "610526", "NYC"


@pytest.mark.parametrize(
    ("code", "bureau"),
    [
        ("610526-2023-001", PUCHENG), ("610526-2023-99999", PUCHENG), ("610526-old_register-7", PUCHENG),
        ("610526-3f9a2c", PUCHENG),
        ("610526-123456", PUCHENG), ("NYC-K001-b14a06", SCA), ("NYC-K001-223069", SCA), ("oc4ids-abc123-77", PUCHENG),
        ("oc4ids-abc123-77", SCA),
    ],
)  # fmt: skip
def test_a_project_may_be_called_so(code: str, bureau: str) -> None:
    assert is_code(code, bureau)


@pytest.mark.parametrize(
    "code",
    [
        "411525-2023-001", "NYC-K001-b14a06", "6105260-2023-001", "610526", "610526-", "610526-2023", "xx", "ABC", "abc", "",
        "2023-001",
        "610526-2024-9999999", "610526-2024-01", "610526-24-001", "610526--2024-001", "610526-2024-001\n", "610526-２０２４-001",
        "610526-学校", "610526-a b", "-610526-2024-001", "610526-a/../b", "610526-" + "a" * 34,
    ],
)  # fmt: skip
def test_a_project_of_pucheng_may_not_be_called_so(code: str) -> None:
    assert not is_code(code, PUCHENG)


def test_the_next_number_is_always_one_that_the_rule_takes() -> None:
    prefix = "610526-2026-"
    assert next_number(prefix, []) == 1
    assert next_number(prefix, [f"{prefix}001", f"{prefix}018", f"{prefix}x", f"{prefix}9999999"]) == 19
    assert next_number(prefix, [f"{prefix}001", f"{prefix}003", f"{prefix}99999"]) == 2
    assert next_number(prefix, [f"{prefix}{number:03d}" for number in range(1, LAST_NUMBER + 1)]) is None
