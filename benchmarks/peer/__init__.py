"""What the product is measured against, served by the same process: bare DRF, djangorestframework-gis, stock folium."""
