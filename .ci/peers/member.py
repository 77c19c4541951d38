"""A real etcd member on loopback that begins a cluster of its own, with its files in a new folder."""

from pathlib import Path

from server import Server
from tools import Release


class Member(Server):
    """One running etcd, named m1."""

    def __init__(self, release: Release, folder: Path):
        self.folder = folder
        folder.mkdir()
        super().__init__(release, folder / "m1.etcd", name="m1", log=folder / "etcd.log")
