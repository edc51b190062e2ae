"""The officials' pages: what needs a decision first."""
