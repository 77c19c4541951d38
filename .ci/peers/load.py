"""A small random load that leaves every kind of record in a member's database."""

import random

from member import Member

KEYS = 40
ROOT = ("root", "secret")


class Load:
    """Writes to one member; the same seed makes the same requests."""

    def __init__(self, member: Member, seed: int):
        self.member = member
        self.random = random.Random(seed)
        self.leases = []

    def run(self, requests):
        self.grant_lease()
        steps = [self.put, self.put, self.put, self.delete, self.delete_range, self.transaction, self.lease_step]
        for _ in range(requests):
            self.random.choice(steps)()

    def put(self):
        self.member.call("kv/put", **self._put())

    def delete(self):
        self.member.call("kv/deleterange", key=self._key())

    def delete_range(self):
        low, high = sorted(self.random.sample(range(KEYS), 2))
        high = min(high, low + 4)
        self.member.call("kv/deleterange", key=_name(low), range_end=_name(high))

    def transaction(self):
        """Several writes in one revision; a key may be written only once in it."""
        numbers = self.random.sample(range(KEYS), 4)
        puts = [{"request_put": self._put(_name(number))} for number in numbers[:3]]
        deletes = [{"request_delete_range": {"key": _name(numbers[3])}}]
        self.member.call("kv/txn", success=self.random.sample(puts + deletes, 4))

    def lease_step(self):
        if self.leases and self.random.random() < 0.3:
            lease = self.leases.pop(self.random.randrange(len(self.leases)))
            self.member.call("lease/revoke", ID=lease)
        else:
            self.grant_lease()

    def grant_lease(self):
        """Long leases: none may run out while the member is being looked at."""
        lease = self.member.call("lease/grant", TTL=self.random.randrange(3_600, 100_000), ID=self.random.getrandbits(48))
        self.leases.append(int(lease["ID"]))

    def add_users(self):
        """A root user with authentication on, and one with a role for a range of keys."""
        call = self.member.call
        call("auth/user/add", name=ROOT[0], password=ROOT[1])
        call("auth/role/add", name="root")
        call("auth/user/grant", user="root", role="root")
        call("auth/user/add", name="reader", password="other")
        call("auth/role/add", name="readers")
        call("auth/role/grant", name="readers", perm={"permType": "READ", "key": b"/k", "range_end": b"/l"})
        call("auth/user/grant", user="reader", role="readers")
        call("auth/enable")
        self.member.authenticate(*ROOT)

    def _put(self, key=None):
        message = {"key": key or self._key(), "value": self._value()}
        if self.leases and self.random.random() < 0.2:
            message["lease"] = self.random.choice(self.leases)
        return message

    def _key(self):
        return _name(self.random.randrange(KEYS))

    def _value(self):
        """Mostly small; some empty, some over several pages."""
        size = self.random.choices([0, 20, 900, 30_000], weights=[1, 12, 4, 1])[0]
        return self.random.randbytes(self.random.randint(0, size))


def _name(number):
    """Printable keys and keys that are not UTF-8."""
    return b"/k/%03d" % number if number % 5 else b"/k/%03d\xff\x00\xfe" % number
