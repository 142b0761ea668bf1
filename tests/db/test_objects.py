"""Both stores keep the same promises; S3 is spoken to over real HTTP."""

import asyncio
import socket
import stat
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import boto3
import pytest
from moto.server import ThreadedMotoServer

from db import objects
from db.objects import (
    Bucket,
    LocalObjects,
    ObjectMissing,
    ObjectsUnavailable,
    Patience,
    S3Objects,
)

if TYPE_CHECKING:
    from types_boto3_s3.client import S3Client

Store = LocalObjects | S3Objects
HURRY = Patience(connect_s=0.5, read_s=0.5, attempts=1)


@pytest.fixture(scope="module")
def bucket() -> Iterator[Bucket]:
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    place = Bucket(
        name="drafts",
        endpoint_url=f"http://{host}:{port}",
        region="us-east-1",
        access_key_id="someone",
        secret_access_key="something",
        prefix="acme/",
    )
    _client(place).create_bucket(Bucket=place.name)
    yield place
    server.stop()


def _client(place: Bucket) -> "S3Client":
    return boto3.client(
        "s3",
        endpoint_url=place.endpoint_url,
        region_name="us-east-1",
        aws_access_key_id="someone",
        aws_secret_access_key="something",
    )


@pytest.fixture(params=["local", "s3"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Store:
    if request.param == "local":
        return LocalObjects(tmp_path / "objects")
    return S3Objects(request.getfixturevalue("bucket"))


async def test_what_was_put_is_got_back_byte_for_byte(store: Store) -> None:
    body = bytes(range(256)) * 1000
    await store.put("outputs/1/draft.md", body, media_type="text/markdown")
    assert await store.get("outputs/1/draft.md") == body


async def test_the_same_key_again_replaces_the_file(store: Store) -> None:
    await store.put("a/b", b"old and longer", media_type="text/plain")
    await store.put("a/b", b"new", media_type="text/plain")
    assert await store.get("a/b") == b"new"


async def test_an_empty_file_is_a_file(store: Store) -> None:
    await store.put("empty", b"", media_type="text/plain")
    assert await store.get("empty") == b""


async def test_an_unknown_key_is_missing(store: Store) -> None:
    with pytest.raises(ObjectMissing):
        await store.get("never/kept")


async def test_deleting_twice_is_fine_and_then_it_is_missing(store: Store) -> None:
    await store.put("gone", b"x", media_type="text/plain")
    await store.delete("gone")
    await store.delete("gone")
    with pytest.raises(ObjectMissing):
        await store.get("gone")


async def test_a_store_that_works_answers_the_ping(store: Store) -> None:
    await store.ping()


async def test_many_writers_of_one_key_leave_one_whole_file(store: Store) -> None:
    bodies = [bytes([n]) * 20_000 for n in range(8)]
    await asyncio.gather(
        *(store.put("race", body, media_type="text/plain") for body in bodies)
    )
    assert await store.get("race") in bodies


async def listed(store: Store) -> dict[str, datetime]:
    return {one.key: one.put_at async for page in store.pages() for one in page}


async def test_every_file_is_listed_once_with_when_it_was_put(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(objects, "PAGE", 2)
    before = set(await listed(store))
    keys = {"listed/a.md", "listed/b/c.md", "listed/d.md"}
    for key in keys:
        await store.put(key, b"x", media_type="text/plain")
    pages = [len(page) async for page in store.pages()]
    assert sum(pages) == len(before | keys)
    assert max(pages) <= 2
    found = await listed(store)
    assert set(found) - before == keys
    ages = [datetime.now(UTC) - found[key] for key in keys]  # noqa: TID251 - the store's
    assert all(timedelta(seconds=-5) < age < timedelta(minutes=1) for age in ages)
    await store.delete("listed/d.md")
    assert "listed/d.md" not in await listed(store)


async def test_an_empty_store_lists_nothing(tmp_path: Path) -> None:
    assert await listed(LocalObjects(tmp_path / "never made")) == {}


async def test_an_unfinished_write_is_not_listed(tmp_path: Path) -> None:
    store = LocalObjects(tmp_path)
    await store.put("a", b"x", media_type="text/plain")
    (tmp_path / ".new" / "half").write_bytes(b"x")
    assert set(await listed(store)) == {"a"}


async def test_a_bucket_that_is_shared_lists_ours_alone(bucket: Bucket) -> None:
    theirs = replace(bucket, prefix="others")
    await S3Objects(theirs).put("one.md", b"x", media_type="text/markdown")
    assert set(await listed(S3Objects(theirs))) == {"one.md"}
    assert not any("others" in key for key in await listed(S3Objects(bucket)))


@pytest.mark.parametrize(
    "key",
    [
        *("", "/etc/passwd", "../secret", "a/../../b", "a//b", "a/", ".new/x", "a/.b"),
        *("a\x00b", "a b", "é", "a\\b", "x" * 513, "a\n"),
    ],
)
async def test_a_key_that_could_leave_the_folder_is_refused(
    store: Store, key: str
) -> None:
    with pytest.raises(ValueError, match="not an object key"):
        await store.put(key, b"x", media_type="text/plain")
    with pytest.raises(ValueError, match="not an object key"):
        await store.get(key)
    with pytest.raises(ValueError, match="not an object key"):
        await store.delete(key)


async def test_local_files_are_ours_alone_and_no_draft_is_left(tmp_path: Path) -> None:
    folder = tmp_path / "objects"
    await LocalObjects(folder).put("a/b", b"x", media_type="text/plain")
    assert stat.S_IMODE((folder / "a/b").stat().st_mode) == 0o600
    assert stat.S_IMODE((folder / "a").stat().st_mode) == 0o700
    assert list((folder / ".new").iterdir()) == []


async def test_a_failed_write_keeps_the_old_file_and_leaves_no_draft(
    tmp_path: Path,
) -> None:
    store = LocalObjects(tmp_path)
    await store.put("a/b", b"x", media_type="text/plain")
    with pytest.raises(ObjectsUnavailable, match=str(tmp_path)):
        await store.put("a", b"a folder has this name", media_type="text/plain")
    assert await store.get("a/b") == b"x"
    assert list((tmp_path / ".new").iterdir()) == []


async def test_a_folder_that_cannot_be_made_is_unavailable(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(ObjectsUnavailable):
        await LocalObjects(tmp_path / "file").ping()


async def test_s3_keeps_the_type_and_the_prefix(bucket: Bucket) -> None:
    await S3Objects(bucket).put("one.md", b"x", media_type="text/markdown")
    found = _client(bucket).get_object(Bucket="drafts", Key="acme/one.md")
    assert found["ContentType"] == "text/markdown"


async def test_a_bucket_that_does_not_exist_is_named(bucket: Bucket) -> None:
    wrong = Bucket(
        name="nowhere",
        endpoint_url=bucket.endpoint_url,
        region="us-east-1",
        access_key_id="someone",
        secret_access_key="something",
    )
    with pytest.raises(ObjectsUnavailable, match=r"nowhere.*NoSuchBucket"):
        await S3Objects(wrong).ping()


async def test_a_server_that_accepts_and_says_nothing_is_given_up_on() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        place = Bucket(
            name="drafts",
            endpoint_url=f"http://127.0.0.1:{silent.getsockname()[1]}",
            region="us-east-1",
            access_key_id="someone",
            secret_access_key="something",
        )
        async with asyncio.timeout(10):
            with pytest.raises(ObjectsUnavailable, match=r"(?i)timeout"):
                await S3Objects(place, HURRY).get("a")


async def test_no_server_at_all_is_unavailable() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    place = Bucket(
        name="drafts",
        endpoint_url=f"http://127.0.0.1:{port}",
        region="us-east-1",
        access_key_id="someone",
        secret_access_key="something",
    )
    with pytest.raises(ObjectsUnavailable, match=r"(?i)connect"):
        await S3Objects(place, HURRY).put("a", b"x", media_type="text/plain")


def test_the_secret_is_not_shown() -> None:
    assert "hush" not in repr(Bucket(name="b", secret_access_key="hush"))
