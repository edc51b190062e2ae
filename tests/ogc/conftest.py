"""Everything here meets the standing cast (`tests.cast`)."""

from tests.cast import _empty_directory, _standing, api, cast

__all__ = ["_empty_directory", "_standing", "api", "cast"]
