"""The picture: folium maps drawn from the record."""
