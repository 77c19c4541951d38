"""Several members as one cluster: what an administrator does to it, and whether its members agree."""

import json
import time
from contextlib import ExitStack
from pathlib import Path

from maker import TOKEN, Founder, initial_cluster
from server import Server, loopback
from tools import Release

ELECTION = 500  # milliseconds; several clusters share two cores
PATIENCE = 60  # seconds for anything the members have to agree upon


class Cluster:
    """Restored members that run, by name. `client` is the release whose etcdctl is used, `root` the name and password of the
    administrator if there is authentication. Leaving the context kills what runs."""

    def __init__(self, release: Release, client: Release, data_dirs: dict, members: list[Founder], root=None, **options):
        self.client = client
        self.root = root
        self.options = {"election": ELECTION, **options}
        self.servers = {}
        self.learners = {member.name for member in members if member.learner}
        self._stack = ExitStack()
        for member in members:
            self._run(member.name, release, data_dirs[member.name], member.peer_url, initial_cluster(members))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._stack.close()

    def _run(self, name, release, data_dir, peer_url, peers, state="new"):
        self.servers[name] = Server(
            release,
            data_dir,
            name=name,
            peer_url=peer_url,
            client=self.client,
            **{
                **self.options,
                "flags": [
                    f"--initial-cluster={peers}",
                    f"--initial-cluster-state={state}",
                    f"--initial-cluster-token={TOKEN}",
                    *self.options.get("flags", []),
                ],
            },
        )
        self._stack.callback(self.servers[name].kill)

    def __iter__(self):
        return iter(self.servers.values())

    @property
    def voters(self):
        """Learners answer little more than serializable reads."""
        return {name: server for name, server in self.servers.items() if name not in self.learners}

    @property
    def first(self) -> Server:
        return next(iter(self.voters.values()))

    @property
    def leader(self) -> Server:
        for server in self.voters.values():
            if server.process.poll() is None:
                state = server.call("maintenance/status")
                if state.get("leader") == state["header"]["member_id"]:
                    return server
        raise RuntimeError("no member leads")

    def etcdctl(self, *arguments):
        """Runs etcdctl against the leader, with the answer as JSON. Why one member: with several, etcdctl takes the token that
        one gave to the next, which may not know it yet, and begins anew, in the worst case for ever. Why the leader: followers
        of 3.5.1 pass a promotion on without the name of who wants it."""
        return self.leader.etcdctl("--write-out=json", *arguments)

    def wait_until_agreed(self):
        """All members serve, follow one leader, and have applied the same entries."""
        for server in self:
            server.wait_until_healthy()
        self._eventually(self._agreed)

    def _agreed(self):
        if self.root:
            self._authenticate()
        states = [server.call("maintenance/status") for server in self]
        seen = {(state.get("leader"), state["raftAppliedIndex"], state["header"]["revision"]) for state in states}
        (leader, *_), *others = seen
        return leader and not others

    def _authenticate(self):
        """The token of one member is good for all, learners included, but not after a restart."""
        self.first.authenticate(*self.root)
        for server in self:
            server.login, server.token = self.root, self.first.token

    def _eventually(self, attempt):
        """Repeats an attempt until it is true. What raises is repeated as well: members need time to find each other."""
        deadline = time.monotonic() + PATIENCE
        while True:
            try:
                if answer := attempt():
                    return answer
                failure = RuntimeError("the members do not agree")
            except (RuntimeError, OSError) as error:
                failure = error
            if time.monotonic() > deadline:
                raise failure
            time.sleep(0.1)

    def hash_kv(self, revision):
        """HashKV of every voter at a revision, and the compacted revision: one pair, or the members differ."""
        answers = {name: server.hash_kv(revision) for name, server in self.voters.items()}
        if len(set(answers.values())) != 1:
            raise AssertionError(f"the members differ at revision {revision}: {answers}")
        return next(iter(answers.values()))

    def revision(self):
        return self.first.revision()

    def members(self):
        """The member list by name."""
        return {member["name"]: member for member in json.loads(self.etcdctl("member", "list"))["members"]}

    def join(self, name, release: Release, data_dir: Path, learner=False):
        """Adds a member with an empty directory and starts it. Members that were just started are refused at first."""
        peer_url = loopback()
        how = ["--learner"] if learner else []
        self.learners |= {name} if learner else set()
        answer = self._eventually(lambda: self.etcdctl("member", "add", name, f"--peer-urls={peer_url}", *how))
        peers = [(member.get("name", name), member["peerURLs"][0]) for member in json.loads(answer)["members"]]
        self._run(name, release, data_dir, peer_url, ",".join(f"{each}={url}" for each, url in peers), "existing")

    def promote(self, name):
        identity = f"{self.members()[name]['ID']:x}"
        self._eventually(lambda: self.etcdctl("member", "promote", identity))
        self.learners.remove(name)

    def leave(self, name):
        """Removes a member, which then ends by itself."""
        self._eventually(lambda: self._removed(name))
        self.servers.pop(name).process.wait(PATIENCE)

    def _removed(self, name):
        member = self.members().get(name)
        if member:
            self.etcdctl("member", "remove", f"{member['ID']:x}")
        return not member

    def stop(self):
        for server in self:
            server.process.terminate()
        for server in self:
            server.stop()

    def restart(self):
        """All at once, as after a power cut that gave notice."""
        self.stop()
        for server in self:
            server.start()
        self.wait_until_agreed()

    def upgrade(self, release: Release):
        """Member by member, the others serving meanwhile."""
        for server in self:
            server.stop()
            server.start(release)
            self.wait_until_agreed()
