"""Everything here meets the standing cast (`tests.cast`)."""

from tests.cast import _standing, api, cast

__all__ = ["_standing", "api", "cast"]
