"""Inspections, findings and certificates as pages: the same services and checks as the API's."""
