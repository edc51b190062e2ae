"""While a process loads, nothing is collected; afterwards it is again, whatever happened."""

from __future__ import annotations

import gc

import pytest

from config.start import loaded


def test_nothing_is_collected_while_it_loads_and_all_of_it_stands() -> None:
    before = gc.get_freeze_count()
    assert loaded(gc.isenabled) is False
    assert gc.isenabled() and gc.get_freeze_count() >= before


def test_a_load_that_fails_leaves_the_collector_on() -> None:
    with pytest.raises(ZeroDivisionError):
        loaded(lambda: 1 // 0)
    assert gc.isenabled()
