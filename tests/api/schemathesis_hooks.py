"""What schemathesis sends where the body is a part of a file: bytes, as for any other of its kind."""

import schemathesis

schemathesis.serializer.alias("application/offset+octet-stream", "application/octet-stream")
