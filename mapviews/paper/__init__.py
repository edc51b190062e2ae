"""Maps on paper: the same documents that the browser draws, drawn on the server as PDF and PNG. No tile server, no browser."""
