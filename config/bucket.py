"""Photos in a bucket: any service that speaks S3, reached as `MEDIA_URL` says.

Django's storages fail with `OSError`, and that is all the product knows of them; boto3 has errors of its own. `Bucket` says them
in Django's way, and gives up soon enough for the one who waits.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from tempfile import SpooledTemporaryFile
from typing import IO, Any, cast

from boto3.exceptions import Boto3Error
from boto3.s3.transfer import TransferConfig
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from django.core.files.base import File
from django.utils.functional import cached_property
from storages.backends.s3 import S3Storage
from storages.utils import clean_name

_IN_MEMORY = 1024 * 1024  # bytes of a file that is being read; what is larger waits in a temporary file
# A photo (at most 25 MB) is one request: it is there or it is not, and no server that dies leaves half an upload behind.
_ONE_REQUEST = TransferConfig(multipart_threshold=32 * 1024 * 1024, use_threads=False)
_CLIENT = {
    # With the bucket away somebody waits for the answer, and a thread of the server with them.
    "connect_timeout": 3,
    "read_timeout": 20,
    "retries": {"total_max_attempts": 2, "mode": "standard"},
    # Checksums beyond S3's first ones are refused by other makers' services.
    "request_checksum_calculation": "when_required",
    "response_checksum_validation": "when_required",
    "signature_version": "s3v4",
}


class Bucket(S3Storage):
    """A bucket of private files. Raises `OSError` where it is away or refuses, `FileNotFoundError` where it has no such file.

    No access list is sent: S3's own default is private, and buckets whose lists are switched off refuse any.
    """

    def __init__(self, **options: Any) -> None:
        style = options.pop("addressing_style", "auto")
        client = Config(s3={"addressing_style": style}, **_CLIENT)
        super().__init__(client_config=client, transfer_config=_ONE_REQUEST, **options)

    def url(self, name: str | None, *args: Any, **kwargs: Any) -> str:
        """Photos have no address but the product's views, which ask who reads."""
        raise ValueError("This file is not accessible via a URL.")

    def reach(self) -> None:
        """Raise `OSError` unless the bucket itself is there and lets us in. One request of at most 4 seconds: who asks is a
        monitor that would take a slow answer for a server that is gone."""
        with _as_os_errors(self.bucket_name):
            self._probe.head_bucket(Bucket=self.bucket_name)

    @cached_property
    def _probe(self) -> Any:
        soon = Config(connect_timeout=2, read_timeout=2, retries={"total_max_attempts": 1})
        where = {"region_name": self.region_name, "endpoint_url": self.endpoint_url}
        return self._create_session().client("s3", config=self.client_config.merge(soon), **where)

    def _open(self, name: str, mode: str = "rb") -> File[bytes]:
        """The whole file, fetched before the answer begins: a bucket that fails half-way is an error, not half a photo."""
        if mode != "rb":
            raise ValueError("Files in a bucket are opened for reading only.")
        file = cast("IO[bytes]", SpooledTemporaryFile(max_size=_IN_MEMORY))  # noqa: SIM115  the caller closes it
        try:
            with _as_os_errors(name):
                key = self._normalize_name(clean_name(name))
                shutil.copyfileobj(
                    self.connection.meta.client.get_object(Bucket=self.bucket_name, Key=key)["Body"], file
                )
        except BaseException:
            file.close()
            raise
        file.seek(0)
        return File(file, name)

    def _save(self, name: str, content: File[bytes]) -> str:
        with _as_os_errors(name):
            return str(super()._save(name, content))


@contextmanager
def _as_os_errors(name: str) -> Iterator[None]:
    try:
        yield
    except ClientError as error:
        if error.response.get("Error", {}).get("Code") in {"NoSuchKey", "404"}:
            raise FileNotFoundError(name) from error
        raise OSError(f"bucket: {error}") from error
    except (BotoCoreError, Boto3Error) as error:
        raise OSError(f"bucket: {error}") from error
