"""Two parties, and what each of them has."""

from __future__ import annotations

import os
import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest

from adapter.seal.encryption import encrypt
from adapter.seal.signature import sign
from tests.support.certificates import XML, Post, own, read

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from adapter.seal import Seal


@pytest.fixture
def post(tmp_path: Path) -> Post:
    folder = tmp_path / "post"
    folder.mkdir()
    return Post(folder)


@pytest.fixture
def seal(post: Post) -> Seal:
    """Our seal, as the files are before the test changes any."""
    return post.open_seal()


@pytest.fixture
def theirs(post: Post) -> bytes:
    """A message from them, as it should be."""
    return encrypt(sign(XML, own(post.their_sign)), read(post.our_encrypt))


@pytest.fixture
def openssl(tmp_path: Path) -> Callable[..., bytes]:
    """Runs the openssl command and gives what it writes."""
    command = shutil.which("openssl")
    if command is None:
        if os.environ.get("CI"):
            pytest.fail("there is no openssl command")
        pytest.skip("there is no openssl command")

    def run(*arguments: str, data: bytes = b"") -> bytes:
        done = subprocess.run(
            [command, *arguments], input=data, capture_output=True, check=False, cwd=tmp_path
        )
        assert done.returncode == 0, done.stderr.decode()
        return done.stdout

    return run
