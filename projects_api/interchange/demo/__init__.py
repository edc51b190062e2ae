"""The demonstration fixtures: from ``fixtures/source`` through the real services to ``fixtures/*.json``."""
