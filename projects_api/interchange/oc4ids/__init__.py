"""OC4IDS 0.9, the standard for data on public infrastructure projects (``docs/oc4ids.md``)."""

from projects_api.interchange.oc4ids.package import package, record

__all__ = ["package", "record"]
