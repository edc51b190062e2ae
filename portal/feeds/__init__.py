"""Atom feeds with GeoRSS points: what changed, and what opens this term (docs/feeds.md)."""
