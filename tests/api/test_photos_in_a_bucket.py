"""A photo's whole way with `MEDIA_URL=s3://…`: an S3 server over HTTP that checks every signature, and that goes away."""

from __future__ import annotations

import hashlib
import io
import json
import os
import socket
import time
from collections.abc import Iterator
from http.client import HTTPConnection
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from django.core.files.storage import storages
from moto.server import ThreadedMotoServer
from PIL import Image

from config.bucket import SHUT, TRUSTED, Bucket
from config.env import read
from tests.api.test_photos import HERE, P, announced, send
from tests.cast import PRIVATE, Cast
from tests.photo_files import exif, picture, scene
from tests.servers import free_port

BUCKET, PREFIX = "school-photos", "works"
ADMINISTRATOR = json.dumps(
    {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
)


class Service:
    """An S3 service on this machine. What it holds outlives `stop` and `start`, as a service's disks do."""

    def __init__(self) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.start()

    def start(self) -> None:
        self.server = ThreadedMotoServer("127.0.0.1", self.port, verbose=False)
        self.server.start()

    def stop(self) -> None:
        self.server.stop()

    def client(self, kind: str, key: str = "first", secret: str = "first") -> Any:
        names = {"aws_access_key_id": key, "aws_secret_access_key": secret}
        return boto3.client(kind, endpoint_url=self.url, region_name="us-east-1", **names)

    def check_signatures(self, after: str = "0") -> None:
        """Refuse what is signed wrongly, after so many requests; never with "inf"."""
        assert self.anonymously("/moto-api/reset-auth", "POST", after.encode())[0] == 200

    def anonymously(self, path: str, method: str = "GET", body: bytes | None = None) -> tuple[int, bytes]:
        line = HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            line.request(method, path, body)
            answer = line.getresponse()
            return answer.status, answer.read()
        finally:
            line.close()


@pytest.fixture
def service(monkeypatch: pytest.MonkeyPatch) -> Iterator[Service]:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    service = Service()
    service.check_signatures(after="inf")
    assert service.anonymously("/moto-api/reset", "POST")[0] == 200
    try:
        yield service
    finally:
        service.stop()


@pytest.fixture
def bucket(service: Service, cast: Cast, settings: Any, tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The product on this service, by the settings that an operator gives; a client of the bucket's owner."""
    iam = service.client("iam")
    iam.create_user(UserName="works")
    iam.put_user_policy(UserName="works", PolicyName="all", PolicyDocument=ADMINISTRATOR)
    made = iam.create_access_key(UserName="works")["AccessKey"]
    key, secret = made["AccessKeyId"], made["SecretAccessKey"]
    service.client("s3").create_bucket(Bucket=BUCKET)
    service.check_signatures()
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", key)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", secret)
    settings.UPLOADS_DIR = tmp_path / "uploads"
    asked = {"MEDIA_URL": f"s3://{BUCKET}/{PREFIX}?endpoint={service.url}", "VAR_DIR": str(tmp_path)}
    settings.STORAGES = settings.STORAGES | {"default": read(asked).media}
    return service.client("s3", key, secret)


def kept(bucket: Any) -> dict[str, bytes]:
    """What the bucket holds, by the end of its name."""
    rows = bucket.list_objects_v2(Bucket=BUCKET).get("Contents", [])
    return {
        row["Key"].rpartition("/")[2]: bucket.get_object(Bucket=BUCKET, Key=row["Key"])["Body"].read() for row in rows
    }


@pytest.mark.once
def test_a_photo_goes_its_whole_way_through_a_bucket(
    service: Service, bucket: Any, api: Any, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    engineer, supervisor, official, public = api("engineer"), api("supervisor"), api("official"), api()
    data = picture(scene(1, (1200, 900)), quality=90, exif=exif(position=HERE, words=PRIVATE))
    said = announced(data)
    path = f"{P}photos/{said['id']}/"
    engineer.post(f"{P}photos/", said).ok(201)
    assert public.get("/readyz").data["storage"] == "ok"

    # Away: what needs the bucket is refused and may come again; parts of the original are the server's, and go on.
    service.stop()
    small = picture(scene(1, (320, 240)), quality=60)
    engineer.call("PUT", f"{path}preview/", small, content_type="image/jpeg").problem(503)
    half = len(data) // 2
    assert send(engineer, path, data[:half]).status == 204
    send(engineer, path, data[half:], offset=half).problem(503)
    head = engineer.call("HEAD", f"{path}original/")
    assert head.headers["Upload-Offset"] == str(len(data) - 1)  # the last byte asks for the check again
    assert engineer.get(path).ok()["state"] == "announced"
    assert public.get("/readyz").data["storage"] == "away"

    # Back: the same photo is finished.
    service.start()
    assert engineer.call("PUT", f"{path}preview/", small, content_type="image/jpeg").status == 204
    assert Image.open(io.BytesIO(supervisor.get(f"{path}preview/").content)).size == (320, 240)
    assert send(engineer, path, data[-1:], offset=len(data) - 1).status == 204
    found = supervisor.get(path).ok()
    assert (found["state"], found["sha256"]) == ("complete", hashlib.sha256(data).hexdigest())
    assert supervisor.get(f"{path}original/").content == data
    files = kept(bucket)
    assert files.keys() == {"original", "device.jpg", "preview.jpg", "display.jpg"} and files["original"] == data

    # Published, read by a visitor, taken back: by the product's address alone, and the copy says nothing of the place.
    assert public.get(f"{path}public/").status == 404
    official.change(path, {"published": True}).ok()
    shown = public.get(f"{path}public/")
    assert (shown.status, shown.type, shown.content) == (200, "image/jpeg", files["display.jpg"])
    assert PRIVATE.encode() not in shown.content and not Image.open(io.BytesIO(shown.content)).getexif()
    assert not [name for name, value in shown.headers.items() if service.url in value or BUCKET in value]
    assert public.get(f"{path}original/").status in (401, 403)

    # Nothing of it at any address of the bucket for who does not sign.
    for row in bucket.list_objects_v2(Bucket=BUCKET)["Contents"]:
        for query in ("", "?acl", "?response-content-type=image/jpeg", "?versionId=null"):
            status, body = service.anonymously(f"/{BUCKET}/{row['Key']}{query}")
            assert status == 403 and files[row["Key"].rpartition("/")[2]][:64] not in body, (row["Key"], query)
        grants = bucket.get_object_acl(Bucket=BUCKET, Key=row["Key"])["Grants"]
        assert [grant["Grantee"]["Type"] for grant in grants] == ["CanonicalUser"]  # the owner alone
    # The service tells the difference: what is public there, anybody reads. (It can check signatures or answer without one.)
    bucket.put_object(Bucket=BUCKET, Key="notice", Body=b"for all", ACL="public-read")
    service.check_signatures(after="inf")
    assert service.anonymously(f"/{BUCKET}/notice") == (200, b"for all")
    service.check_signatures()
    bucket.delete_object(Bucket=BUCKET, Key="notice")
    with pytest.raises(ClientError, match="SignatureDoesNotMatch"):
        service.client("s3", os.environ["AWS_ACCESS_KEY_ID"], "wrong").list_objects_v2(Bucket=BUCKET)
    with pytest.raises(ValueError, match="not accessible"):
        storages["default"].url(f"photos/{said['id']}/original")

    official.change(path, {"published": False}).ok()
    assert public.get(f"{path}public/").status == 404

    # Replaced in their place: a server died after keeping some and before writing it down, so that the check is made again.
    other = announced(data)
    again = f"{P}photos/{other['id']}/"
    engineer.post(f"{P}photos/", other).ok(201)
    for name in ("original", "display.jpg"):
        bucket.put_object(Bucket=BUCKET, Key=f"{PREFIX}/photos/{other['id']}/{name}", Body=b"half")
    assert send(engineer, again, data).status == 204
    assert supervisor.get(f"{again}original/").content == data
    assert supervisor.get(f"{again}public/").content == files["display.jpg"]

    # Reading: a missing file is 404, a bucket that is away or refuses 503, and no half answer.
    bucket.delete_object(Bucket=BUCKET, Key=f"{PREFIX}/photos/{said['id']}/preview.jpg")
    supervisor.get(f"{path}preview/").problem(404)
    service.stop()
    supervisor.get(f"{path}original/").problem(503)
    service.start()
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "wrong")
    settings.STORAGES = settings.STORAGES | {}  # opened anew
    supervisor.get(f"{path}original/").problem(503)
    assert public.get("/readyz").data["storage"] == "away"


@pytest.mark.once
def test_readiness_trusts_the_bucket_for_seconds_and_tells_a_failure_that_was_seen_at_once(
    service: Service, bucket: Any, api: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[int] = []
    real = Bucket._probe.func(storages["default"]).head_bucket  # type: ignore[attr-defined]

    class Probe:
        def head_bucket(self, **options: Any) -> Any:
            asked.append(1)
            return real(**options)

    storages["default"].__dict__["_probe"] = Probe()
    now = [1000.0]
    monkeypatch.setattr("config.bucket.time.monotonic", lambda: now[0])

    def told() -> str:
        return str(api().get("/readyz").data["storage"])

    assert [told() for _ in range(5)] == ["ok"] * 5 and len(asked) == 1
    now[0] += TRUSTED + 0.1
    assert told() == "ok" and len(asked) == 2
    # Away, within the seconds that it is trusted: nobody has seen it yet, then a photo does.
    service.stop()
    assert told() == "ok"
    with pytest.raises(OSError, match="bucket"):
        storages["default"].open("photos/none/original")
    assert told() == "away" and len(asked) == 3
    assert [told() for _ in range(5)] == ["away"] * 5 and len(asked) == 3, "each would wait for it"
    service.start()
    now[0] += SHUT + 0.1
    assert told() == "ok" and len(asked) == 4
    # A photo that is not there says nothing about the bucket.
    with pytest.raises(FileNotFoundError):
        storages["default"].open("photos/none/original")
    assert told() == "ok" and len(asked) == 4


@pytest.mark.once
def test_a_bucket_that_takes_calls_and_says_nothing_is_away_soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "key")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    with socket.create_server(("127.0.0.1", 0)) as silent:
        bucket = Bucket(bucket_name=BUCKET, endpoint_url=f"http://127.0.0.1:{silent.getsockname()[1]}")
        begun = time.monotonic()
        with pytest.raises(OSError, match="timeout"):
            bucket.reach()
    assert time.monotonic() - begun < 10
