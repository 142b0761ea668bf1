"""Whole files under keys: in a local folder, or in an S3 bucket."""

import asyncio
import re
import secrets
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, NamedTuple, TypeVar

from db.disk import files, make_folder, sync_folder, write_through

if TYPE_CHECKING:
    from types_boto3_s3.client import S3Client
    from types_boto3_s3.type_defs import ListObjectsV2OutputTypeDef

KEY = re.compile(r"(?!.*//)[A-Za-z0-9_][A-Za-z0-9._-]*(/[A-Za-z0-9_][A-Za-z0-9._-]*)*")
"""Parts that start with no dot: neither ``..`` nor our own ``.new`` can be meant."""
KEY_LIMIT = 512
DRAFTS = ".new"
PAGE = 1000
"""Files told of at once; S3 lists no more."""

T = TypeVar("T")


class Stored(NamedTuple):
    """A file as a store lists it."""

    key: str
    put_at: datetime
    """When it was last written, in UTC."""


class ObjectMissing(LookupError):
    """Nothing is kept under the key."""


class ObjectsUnavailable(Exception):
    """The store did not answer in time, or refused; ``str`` says which."""


def checked(key: str) -> str:
    """Return ``key`` when it can mean the same file in every store.

    Raises:
        ValueError: It cannot.
    """
    if len(key) > KEY_LIMIT or not KEY.fullmatch(key):
        raise ValueError(f"not an object key: {key[:80]!r}")
    return key


class LocalObjects:
    """Files in a folder that only we may read."""

    def __init__(self, folder: Path) -> None:
        """Use ``folder``; it is made with the first file."""
        self._folder = folder

    async def put(self, key: str, body: bytes, *, media_type: str) -> None:
        """Keep ``body``, whole or not at all, even through a power cut.

        Raises:
            ObjectsUnavailable: The disk is full, or not ours to write.
        """
        del media_type  # the outputs row knows it; a file system has no place for it
        await self._do(partial(self._write, checked(key), body))

    async def get(self, key: str) -> bytes:
        """Return the file.

        Raises:
            ObjectMissing: Nothing is kept under ``key``.
            ObjectsUnavailable: It cannot be read.
        """
        return await self._do(self._folder.joinpath(checked(key)).read_bytes)

    async def delete(self, key: str) -> None:
        """Forget the file; deleting what is not there is fine."""
        path = self._folder / checked(key)
        await self._do(partial(path.unlink, missing_ok=True))

    async def pages(self) -> AsyncIterator[list[Stored]]:
        """Yield all files there are, a page at a time, in no order.

        Raises:
            ObjectsUnavailable: The folder cannot be read.
        """
        found = await self._do(lambda: list(_stored(self._folder)))
        for start in range(0, len(found), PAGE):
            yield found[start : start + PAGE]

    async def ping(self) -> None:
        """Raise ObjectsUnavailable unless a file can be written, read and deleted."""
        await _round_trip(self)

    async def _do(self, work: Callable[[], T]) -> T:
        try:
            return await asyncio.to_thread(work)
        except FileNotFoundError as error:
            raise ObjectMissing(f"no such file: {error.filename}") from error
        except OSError as error:
            raise ObjectsUnavailable(f"{self._folder}: {error.strerror}") from error

    def _write(self, key: str, body: bytes) -> None:
        path = self._folder / key
        make_folder(self._folder / DRAFTS)
        make_folder(path.parent)
        draft = self._folder / DRAFTS / secrets.token_hex(16)
        try:
            write_through(draft, body)
            draft.replace(path)
        finally:
            draft.unlink(missing_ok=True)
        sync_folder(path.parent)


@dataclass(frozen=True, slots=True)
class Bucket:
    """Where an S3 store is, and who we are there.

    Without a key pair boto3 looks where it always does: files, instance roles.
    """

    name: str
    endpoint_url: str | None = None
    region: str | None = None
    access_key_id: str | None = None
    secret_access_key: str | None = field(default=None, repr=False)
    prefix: str = ""


@dataclass(frozen=True, slots=True)
class Patience:
    """How long one call to S3 may take."""

    connect_s: float = 5.0
    read_s: float = 20.0
    attempts: int = 3


class S3Objects:
    """Files in a bucket, private as the bucket is."""

    def __init__(self, bucket: Bucket, patience: Patience | None = None) -> None:
        """Use ``bucket``; nothing is imported or sent before the first call."""
        self._bucket = bucket
        self._patience = patience or Patience()
        self._made: S3Client | None = None
        self._making = Lock()

    async def put(self, key: str, body: bytes, *, media_type: str) -> None:
        """Keep ``body`` under ``key`` with its type.

        Raises:
            ObjectsUnavailable: The store did not answer in time, or refused.
        """
        place = self._place(key)
        await asyncio.to_thread(
            self._call,
            key,
            lambda s3: s3.put_object(**place, Body=body, ContentType=media_type),
        )

    async def get(self, key: str) -> bytes:
        """Return the file.

        Raises:
            ObjectMissing: Nothing is kept under ``key``.
            ObjectsUnavailable: The store did not answer in time, or refused.
        """
        place = self._place(key)
        return await asyncio.to_thread(
            self._call, key, lambda s3: s3.get_object(**place)["Body"].read()
        )

    async def delete(self, key: str) -> None:
        """Forget the file; deleting what is not there is fine."""
        place = self._place(key)
        await asyncio.to_thread(self._call, key, lambda s3: s3.delete_object(**place))

    async def pages(self) -> AsyncIterator[list[Stored]]:
        """Yield all files under our prefix, a page at a time.

        Raises:
            ObjectsUnavailable: The store did not answer in time, or refused.
        """
        start, after, is_more = len(self._prefix), "", True
        while is_more:
            page = await asyncio.to_thread(self._list, after)
            found = page.get("Contents", [])
            yield [Stored(one["Key"][start:], one["LastModified"]) for one in found]
            is_more = page["IsTruncated"] and bool(found)
            after = found[-1]["Key"] if found else ""

    async def ping(self) -> None:
        """Raise ObjectsUnavailable unless a file can be written, read and deleted."""
        await _round_trip(self)

    @property
    def _prefix(self) -> str:
        prefix = self._bucket.prefix.strip("/")
        return f"{prefix}/" if prefix else ""

    def _place(self, key: str) -> dict[str, str]:
        return {"Bucket": self._bucket.name, "Key": f"{self._prefix}{checked(key)}"}

    def _list(self, after: str) -> "ListObjectsV2OutputTypeDef":
        # By the last key seen: a token would be one store's own.
        return self._call(
            self._prefix,
            lambda s3: s3.list_objects_v2(
                Bucket=self._bucket.name,
                Prefix=self._prefix,
                StartAfter=after,
                MaxKeys=PAGE,
            ),
        )

    def _call(self, key: str, work: "Callable[[S3Client], T]") -> T:
        from botocore.exceptions import (  # noqa: PLC0415 - 0.3 s nobody else needs
            BotoCoreError,
            ClientError,
        )

        try:
            return work(self._client())
        except ClientError as error:
            code = error.response["Error"]["Code"]
            if code in {"NoSuchKey", "404"}:
                raise ObjectMissing(f"no such object: {key}") from error
            raise self._unavailable(code) from error
        except BotoCoreError as error:
            raise self._unavailable(str(error)) from error

    def _unavailable(self, reason: str) -> ObjectsUnavailable:
        return ObjectsUnavailable(f"S3 bucket {self._bucket.name}: {reason}")

    def _client(self) -> "S3Client":
        with self._making:
            if self._made is None:
                self._made = self._connect()
            return self._made

    def _connect(self) -> "S3Client":
        import boto3  # noqa: PLC0415 - as above
        from botocore.config import Config  # noqa: PLC0415

        bucket, patience = self._bucket, self._patience
        return boto3.session.Session().client(
            "s3",
            endpoint_url=bucket.endpoint_url,
            region_name=bucket.region,
            aws_access_key_id=bucket.access_key_id,
            aws_secret_access_key=bucket.secret_access_key,
            config=Config(
                connect_timeout=patience.connect_s,
                read_timeout=patience.read_s,
                retries={"max_attempts": patience.attempts, "mode": "standard"},
                # Stores that only resemble S3 refuse the newer checksum headers.
                request_checksum_calculation="when_required",
                response_checksum_validation="when_required",
            ),
        )


async def _round_trip(store: LocalObjects | S3Objects) -> None:
    key, body = f"ping-{secrets.token_hex(8)}", b"draper"
    await store.put(key, body, media_type="text/plain")
    found = await store.get(key)
    await store.delete(key)
    if found != body:
        raise ObjectsUnavailable("the store returned other bytes than it was given")


def _stored(folder: Path) -> Iterator[Stored]:
    """The files in a folder of ours, but for unfinished ones."""
    for path, written_at in files(folder):
        key = path.relative_to(folder).as_posix()
        if KEY.fullmatch(key):
            yield Stored(key, datetime.fromtimestamp(written_at, UTC))
