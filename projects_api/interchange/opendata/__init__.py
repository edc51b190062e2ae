"""Open data: everything public as files (``docs/open-data.md``, decision 38).

``tables.TABLES`` says which tables there are and what is in their columns; ``csv_file``, ``xlsx_file`` and ``geojson_file`` write
one row by row; ``dictionary``, ``metadata`` and ``catalog`` describe them; ``nightly`` keeps them on the disk.
"""
