"""The engineers' app: one page that works without a network."""
