"""Photos in a bucket: any service that speaks S3, reached as `MEDIA_URL` says.

Django's storages fail with `OSError`, and that is all the product knows of them; boto3 has errors of its own. `Bucket` says them
in Django's way, and gives up soon enough for the one who waits.
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from tempfile import SpooledTemporaryFile
from threading import Lock
from typing import IO, Any, cast

from boto3.exceptions import Boto3Error
from boto3.s3.transfer import TransferConfig
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from django.core.files.base import File
from django.utils.functional import cached_property
from storages.backends.s3 import S3Storage
from storages.utils import clean_name

TRUSTED = 5.0  # seconds; load balancers ask every 5 to 30
SHUT = 2.0  # seconds that a bucket which was just found away is not asked again: each time may take 4 and a thread
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
        self._asking = Lock()
        self._good_until = 0.0
        self._failed: tuple[float, str] | None = None  # until when it is not asked again, and why

    def url(self, name: str | None, *args: Any, **kwargs: Any) -> str:
        """Photos have no address but the product's views, which ask who reads."""
        raise ValueError("This file is not accessible via a URL.")

    def reach(self) -> None:
        """Raise `OSError` unless the bucket itself is there and lets us in. One request of at most 4 seconds: who asks is a
        monitor that would take a slow answer for a server that is gone.

        Anybody may ask as often as they like, the bucket is asked once in `TRUSTED` seconds. A photo that meets a failure
        meanwhile ends that trust, so a failure that was seen is told by the next answer. While it is away one caller waits.
        """
        failed = self._failed
        if not self._asking.acquire(blocking=failed is None):
            raise OSError(failed and failed[1])
        try:
            if time.monotonic() < self._good_until:
                return
            if self._failed and time.monotonic() < self._failed[0]:
                raise OSError(self._failed[1])
            try:
                with self._said(self.bucket_name):
                    self._probe.head_bucket(Bucket=self.bucket_name)
            except OSError as error:
                self._failed = (time.monotonic() + SHUT, str(error))
                raise
            self._failed, self._good_until = None, time.monotonic() + TRUSTED
        finally:
            self._asking.release()

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
            with self._said(name):
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
        with self._said(name):
            return str(super()._save(name, content))

    @contextmanager
    def _said(self, name: str) -> Iterator[None]:
        """Failures in Django's way; one of the bucket itself ends the trust in it."""
        try:
            with _as_os_errors(name):
                yield
        except FileNotFoundError:
            raise
        except OSError:
            self._good_until = 0.0
            raise


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
