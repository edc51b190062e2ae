"""OGC API – Features 1.0 at ``/ogc/``: the public's projects for GIS programs, and the same as pages (docs/ogc.md)."""
