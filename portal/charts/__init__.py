"""Gantt, S-curve and wall chart: from plain rows to what ``templates/charts/`` draw. No query, no clock."""
