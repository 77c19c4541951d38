"""`--from-manifest`: what a member is restored with is what its manifest starts it with."""

from maker import founders, identity
from restored import Restored
from tools import MINORS


class Manifests(Restored):
    def test_three_hosts_with_a_manifest_each(self):
        """A static pod, a systemd unit and a file of variables name one cluster; its members find each other."""
        self.every([(minor,) for minor in MINORS], self.found)

    def found(self, minor, folder):
        source = self.startable(minor, self.field.seed)
        members = founders(3)
        dirs = {member.name: folder / member.name for member in members}
        for write, me in zip((static_pod, unit, variables), members):
            manifest = write(folder, dirs[me.name], identity(me, members))
            planned = self.restored(source, manifest, "--dry-run")
            self.assertFalse(dirs[me.name].exists())
            done = self.restored(source, manifest)
            self.assertEqual(done["directories"], planned["directories"])
            (directory,) = done["directories"]
            self.assertLessEqual({*identity(me, members)}, {*directory["etcdFlags"]})
        with self.running(self.releases[minor], dirs, members, source) as cluster:
            self.assert_serves(cluster, source)

    def restored(self, source, manifest, *options):
        return self.one_by_one.restore(source.file, f"--from-manifest={manifest}", *options)


def static_pod(folder, data_dir, flags):
    """As kubeadm writes it: etcd sees its files elsewhere than the host."""
    words = "".join(f"    - {flag}\n" for flag in ["--data-dir=/var/lib/etcd", *flags])
    return _written(
        folder / "etcd.yaml",
        f"""apiVersion: v1
kind: Pod
metadata:
  labels:
    component: etcd
  name: etcd
  namespace: kube-system
spec:
  containers:
  - command:
    - etcd
{words}    image: registry.k8s.io/etcd:3.6.4-0
    name: etcd
    volumeMounts:
    - mountPath: /var/lib/etcd
      name: etcd-data
  hostNetwork: true
  volumes:
  - hostPath:
      path: {data_dir}
      type: DirectoryOrCreate
    name: etcd-data
""",
    )


def unit(folder, data_dir, flags):
    words = " \\\n  ".join(["/usr/bin/etcd", f"--data-dir={data_dir}", *flags])
    return _written(folder / "etcd.service", f"[Unit]\nDescription=etcd\n\n[Service]\nType=notify\nExecStart={words}\n")


def variables(folder, data_dir, flags):
    settings = [flag.removeprefix("--").partition("=") for flag in [f"--data-dir={data_dir}", *flags]]
    lines = [f'ETCD_{name.upper().replace("-", "_")}="{value}"\n' for name, _, value in settings]
    return _written(folder / "etcd.env", "".join(lines))


def _written(file, text):
    file.write_text(text)
    return file
