"""The licence under which the open data is given, from the environment: by its SPDX name or as an address."""

from __future__ import annotations

import re

# Licences made for data that leave it open (https://opendefinition.org/licenses/).
KNOWN = {
    "CC-BY-4.0": "https://creativecommons.org/licenses/by/4.0/",
    "CC-BY-SA-4.0": "https://creativecommons.org/licenses/by-sa/4.0/",
    "CC0-1.0": "https://creativecommons.org/publicdomain/zero/1.0/",
    "ODC-By-1.0": "https://opendatacommons.org/licenses/by/1-0/",
    "ODbL-1.0": "https://opendatacommons.org/licenses/odbl/1-0/",
    "PDDL-1.0": "https://opendatacommons.org/licenses/pddl/1-0/",
}
DEFAULT = "CC-BY-4.0"
_ADDRESS = re.compile(r"https://[A-Za-z0-9.-]+(/[A-Za-z0-9._~%/-]*)?")


def licence_of(text: str) -> tuple[str, str] | None:
    """``(name, address)``; None for what is neither known nor an address. An address is its own name."""
    if text in KNOWN:
        return text, KNOWN[text]
    return (text, text) if _ADDRESS.fullmatch(text) else None
