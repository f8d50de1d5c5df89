"""`ldn-bot pins`: lists the recorded posts, and brings them up to date from a terminal."""

from __future__ import annotations

import sys
from collections import Counter

import click

from adapters.moderation import refresh_summary
from bot import bootstrap
from bot.settings import Settings
from knowledge.desk import Desks
from knowledge.language import ENGLISH, translator_for

PROGRESS_FROM = 20
"""The least number of posts for which a progress bar is shown."""


async def show(settings: Settings, desks: Desks, *, only_outdated: bool) -> None:
    """Print a line for each recorded post; with `only_outdated`, for those to be edited."""
    async with bootstrap.offline_keeper(settings, desks, publishing=False) as keeper:
        posts = await keeper.posts()
        shown = await keeper.outdated(posts) if only_outdated else posts
        for post in shown:
            pinned = ", pinned" if post.pinned else ""
            reason = f" ({post.reason})" if post.reason else ""
            click.echo(
                f"{post.place.platform} {post.place.community}/{post.place.channel} "
                f"{post.message}  {post.section}: {await keeper.state_now(post)}{pinned}{reason}"
            )
        if only_outdated:
            click.echo(f"{len(shown)} of {len(posts)} posts would be edited.")
        elif not posts:
            click.echo("Nothing has been posted yet.")


async def refresh(settings: Settings, desks: Desks) -> bool:
    """Bring every post up to date on the platforms whose tokens are set.

    Returns:
        Whether every recorded post is up to date now.
    """
    async with bootstrap.offline_keeper(settings, desks, publishing=True) as keeper:
        recorded = await keeper.posts()
        posts = keeper.reachable(recorded)
        ids = {post.id for post in posts}
        away = [post for post in await keeper.outdated(recorded) if post.id not in ids]
        bar = click.progressbar(
            length=len(posts),
            label="Posts",
            file=sys.stderr,
            hidden=len(posts) < PROGRESS_FROM or not sys.stderr.isatty(),
        )
        with bar:
            done = await keeper.refresh(posts, progress=lambda: bar.update(1))
    click.echo(refresh_summary(done, translator_for(ENGLISH)))
    for platform, count in Counter(post.place.platform for post in away).items():
        name = platform.capitalize()
        click.echo(
            f"Not up to date on {name}: {count}. Its token is not set here; set it as it is for "
            "the bot that serves.",
            err=True,
        )
    return not done.failed and not away
