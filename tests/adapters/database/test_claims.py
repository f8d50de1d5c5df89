"""Claims: of all tasks and processes, one at a time edits a post. On SQLite and PostgreSQL."""

from __future__ import annotations

import asyncio
import contextlib
import signal
from dataclasses import replace
from pathlib import Path

import pytest

from adapters.database import postgresql
from adapters.database.posts import SqlPostStore
from knowledge.posts import Post, PostState
from tests.adapters.database.posting import HANGS_AFTER_S, PLACE, posted
from tests.adapters.database.processes import output, python, said

pytest_plugins = ["tests.adapters.postgres"]


async def test_a_claimed_post_is_held_until_the_block_ends(store: SqlPostStore) -> None:
    post, other = await posted(store, "a"), await posted(store, "b")
    async with store.claim(post.id) as claim:
        assert claim
        assert claim.post == post
        async with store.claim(post.id) as second, store.claim(other.id) as of_other:
            assert second is None
            assert of_other is not None
        async with store.claim(post.id) as third:
            assert third is None
    async with store.claim(post.id) as claim:
        assert claim is not None


async def test_a_block_that_fails_lets_go_of_its_post(store: SqlPostStore) -> None:
    post = await posted(store)
    with pytest.raises(RuntimeError, match="gave up"):
        async with store.claim(post.id):
            raise RuntimeError("gave up")
    async with store.claim(post.id) as claim:
        assert claim is not None


async def test_a_task_that_is_cancelled_lets_go_of_its_post(store: SqlPostStore) -> None:
    post = await posted(store)
    held = asyncio.Event()

    async def hold() -> None:
        async with store.claim(post.id):
            held.set()
            await asyncio.Event().wait()

    task = asyncio.create_task(hold())
    await held.wait()
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task
    async with store.claim(post.id) as claim:
        assert claim is not None


async def test_more_posts_than_may_be_held_at_once_are_held_one_after_the_other(
    store: SqlPostStore,
) -> None:
    posts = [await posted(store, f"s{number}") for number in range(3 * postgresql.MAX_LOCKS)]

    async def edit(post: Post) -> None:
        async with store.claim(post.id) as claim:
            assert claim
            await claim.begin("r2")
            await claim.finish("r2", PostState.CURRENT)

    await asyncio.wait_for(asyncio.gather(*map(edit, posts)), HANGS_AFTER_S)
    assert {post.revision for post in await store.all()} == {"r2"}


async def test_an_edit_that_was_begun_and_not_finished_is_known_to_the_next_claim(
    store: SqlPostStore,
) -> None:
    post, other = await posted(store, "a"), await posted(store, "b")
    async with store.claim(post.id) as claim:
        assert claim
        assert claim.begun is None
        await claim.begin("r2")
        assert claim.begun == "r2"
        assert await store.begun() == [post.id]
    async with store.claim(post.id) as claim, store.claim(other.id) as of_other:
        assert claim
        assert of_other
        assert (claim.begun, of_other.begun) == ("r2", None)
        await claim.finish("r2", PostState.CURRENT)
        assert claim.begun is None
    assert await store.begun() == []


@pytest.mark.parametrize(
    ("state", "reason"),
    [
        (PostState.CURRENT, ""),
        (PostState.OUTDATED, "The channel is archived."),
        (PostState.WITHDRAWN, ""),
    ],
)
async def test_the_outcome_of_an_edit_is_kept(
    store: SqlPostStore, state: PostState, reason: str
) -> None:
    post, other = await posted(store, "a"), await posted(store, "b")
    expected = replace(post, revision="r2", state=state, reason=reason)
    async with store.claim(post.id) as claim:
        assert claim
        await claim.begin("r2")
        await claim.finish("r2", state, reason)
        assert claim.post == expected
    assert await store.at(PLACE) == [expected, other]


async def test_a_reason_goes_when_the_post_is_current_again(store: SqlPostStore) -> None:
    post = await posted(store)
    async with store.claim(post.id) as claim:
        assert claim
        await claim.finish("r1", PostState.OUTDATED, "No permission.")
        await claim.finish("r2", PostState.CURRENT)
    [again] = await store.all()
    assert (again.state, again.reason) == (PostState.CURRENT, "")


async def test_while_a_post_is_held_others_may_still_unpin_it(store: SqlPostStore) -> None:
    post = await posted(store)
    async with store.claim(post.id) as claim:
        assert claim
        await asyncio.wait_for(store.set_pinned(post, True), HANGS_AFTER_S)
        await claim.finish("r2", PostState.CURRENT)
    [again] = await store.all()
    assert (again.pinned, again.revision) == (True, "r2")


async def test_a_claim_can_forget_its_post(store: SqlPostStore) -> None:
    post = await posted(store)
    async with store.claim(post.id) as claim:
        assert claim
        await claim.begin("r2")
        await claim.forget()
    assert await store.all() == []
    assert await store.begun() == []
    async with store.claim(post.id) as claim:
        assert claim is None


_CLAIMANT = """
import asyncio, sys
from pathlib import Path
from adapters.database.engine import open_database
from adapters.database.posts import SqlPostStore
from knowledge.posts import PostState

async def edit_all(store):
    while stale := [post.id for post in await store.all() if post.revision != "r2"]:
        for id in stale:
            async with store.claim(id) as claim:
                if claim and claim.post.revision != "r2":
                    await claim.begin("r2")
                    print(id, flush=True)
                    await claim.finish("r2", PostState.CURRENT)

async def hold_one(store):
    [post] = await store.all()
    async with store.claim(post.id) as claim:
        await claim.begin("r2")
        print("begun", flush=True)
        sys.stdin.readline()

async def main():
    database = await open_database(sys.argv[2] or None, Path(sys.argv[3]))
    print("ready", flush=True)
    sys.stdin.readline()
    await globals()[sys.argv[1]](SqlPostStore(database))
    await database.close()

asyncio.run(main())
"""


@pytest.mark.long
async def test_of_two_processes_each_post_is_claimed_and_finished_by_one(
    store: SqlPostStore, migrated_url: str | None, tmp_path: Path
) -> None:
    posts = [await posted(store, f"s{number}") for number in range(200)]
    arguments = (_CLAIMANT, "edit_all", migrated_url or "", str(tmp_path))
    async with python(*arguments) as one, python(*arguments) as two:
        assert [await said(one), await said(two)] == ["ready", "ready"]
        outputs = await asyncio.gather(output(one), output(two))
    by_one, by_two = ([int(id) for id in each.split()] for each in outputs)
    assert sorted(by_one + by_two) == [post.id for post in posts]
    assert by_one
    assert by_two
    assert {post.revision for post in await store.all()} == {"r2"}
    assert await store.begun() == []


async def test_a_process_killed_in_the_middle_of_an_edit_leaves_no_lock_and_a_begun_edit(
    store: SqlPostStore, migrated_url: str | None, tmp_path: Path
) -> None:
    post = await posted(store)
    async with python(_CLAIMANT, "hold_one", migrated_url or "", str(tmp_path)) as holder:
        assert await said(holder) == "ready"
        assert holder.stdin
        holder.stdin.write(b"\n")
        assert await said(holder) == "begun"
        async with store.claim(post.id) as claim:
            assert claim is None
        holder.send_signal(signal.SIGKILL)
        await holder.wait()

    async def next_claim() -> str | None:
        while True:  # the server takes a moment to see that its client is gone
            async with store.claim(post.id) as claim:
                if claim:
                    return claim.begun

    assert await asyncio.wait_for(next_claim(), HANGS_AFTER_S) == "r2"
