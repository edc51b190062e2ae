"""Formats in and out. Reading a file is pure (no ORM): files -> drafts, rejects and notes; services do the writing."""
