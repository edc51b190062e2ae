"""One module per piece of work; each takes the stores and gives rows of the table."""
