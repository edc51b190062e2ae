"""Vector tiles as a client reads them."""

from __future__ import annotations

from typing import Any

import mapbox_vector_tile

MEDIA_TYPE = "application/vnd.mapbox-vector-tile"


def features(answer: Any) -> list[dict[str, Any]]:
    """The features of the layer ``sites`` of an answer, coordinates from the upper left corner; none for 204."""
    if answer.status == 204:
        return []
    assert answer.status == 200, answer.text
    assert answer.type == MEDIA_TYPE
    layers = mapbox_vector_tile.decode(answer.content, default_options={"y_coord_down": True})
    assert list(layers) == ["sites"]
    found: list[dict[str, Any]] = layers["sites"]["features"]
    return found


def codes(answer: Any) -> set[str]:
    return {feature["properties"]["code"] for feature in features(answer)}
