"""The public side as files: what `manage.py publish_site` writes (docs/publish.md)."""
