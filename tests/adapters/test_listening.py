"""Why nothing can listen, from real refusals: each version of asyncio words them in its own way."""

from __future__ import annotations

import asyncio
import socket

import pytest

from adapters.listening import why_nothing_listens


async def refusal(host: str, port: int) -> OSError:
    """What starting a server there raises."""
    with pytest.raises(OSError) as caught:  # noqa: PT011 - which one it is, is what is asked
        await asyncio.start_server(lambda *_: None, host, port)
    return caught.value


async def test_that_another_program_has_the_port_is_told_in_the_systems_words() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        error = await refusal("127.0.0.1", taken.getsockname()[1])
    assert why_nothing_listens(error) == "Address already in use"


async def test_that_an_address_is_none_of_this_machine_is_told_in_the_systems_words() -> None:
    error = await refusal("192.0.2.1", 0)  # TEST-NET-1
    assert why_nothing_listens(error) in {
        "Cannot assign requested address",
        "Can't assign requested address",  # macOS
    }


async def test_that_a_name_is_unknown_is_told_in_the_resolvers_words() -> None:
    error = await refusal("nowhere.invalid", 0)
    assert isinstance(error, socket.gaierror)
    assert why_nothing_listens(error) == error.strerror
