//! Examples at the end of help texts.

pub const TOOL: &str = "\
Examples:
  etcdsnap verify backup.db          is it whole, can it be restored?
  etcdsnap status backup.db          what is in it?
  etcdsnap verify -o junit *.db      for CI
  etcdsnap restore --dry-run a.db    what would a restore of it do?

Exit codes:
  0    done; nothing wrong found
  1    could not do it: a file is missing, cannot be read, or is in the way
  2    wrong usage
  3    the input is damaged, or would not boot
  4    an assertion (policy) did not hold
  5    the inputs differ
  6    the output is in place, but its report was lost, or the disk did not
       confirm it
  130  interrupted: what was being written is gone
  129, 143
       ended by SIGHUP or SIGTERM, as a shell says it: a command that only
       reads, or on SIGHUP any; a command that writes ends with 130 on SIGTERM

Help of the imitated tools:
  etcdsnap help etcdutl              also: etcdsnap etcdutl COMMAND --help";

pub const VERIFY: &str = "\
Examples:
  etcdsnap verify backup.db
  zstd -dc backup.db.zst | etcdsnap verify -
  etcdsnap verify --assert max-age=26h --assert min-keys=1000 backup.db
  etcdsnap verify --assert max-shrink-from=yesterday.db:10% today.db
  etcdsnap verify --policy nightly.yaml -o junit backups/*.db > report.xml

Ends with 0 when all files are sound, 3 when one is damaged or would not boot,
1 when one cannot be read, 4 when an assertion does not hold; where several
apply, with the first of these.";

pub const STATUS: &str = "\
Examples:
  etcdsnap status backup.db
  etcdsnap status -o json backup.db.gz | jq .store.liveKeys
  etcdsnap status /var/lib/etcd";

pub const HASH: &str = "\
Examples:
  etcdsnap hash backup.db
  etcdsnap hash --rev 123456 -o json backup.db
  etcdsnap hash original.db copy.db
  etcdsnap hash --rev 123456 --by kv member1.db member2.db member3.db

Ends with 5 when files differ, 3 when a file does not match its own SHA-256.";

pub const KEYS: &str = "\
Examples:
  etcdsnap keys backup.db
  etcdsnap keys backup.db /registry/pods/ --count
  etcdsnap keys backup.db --rev 123456 --regex '/kube-system/'
  etcdsnap keys backup.db --sort size --order desc --limit 20
  etcdsnap keys backup.db --lease 694d5ca3b1a2c0d6 -o ndjson";

pub const GET: &str = "\
Examples:
  etcdsnap get backup.db /config/app > app.yaml
  etcdsnap get backup.db /config/app --rev 123456 | diff app.yaml -
  etcdsnap get backup.db /config/ --prefix --keys-only
  etcdsnap get backup.db /config/ --prefix -o json | jq -r '.kvs[].value' | base64 -d

Ends with 1 when there is no such key.";

pub const HISTORY: &str = "\
Examples:
  etcdsnap history backup.db /config/app
  etcdsnap history backup.db /config/app --patch
  etcdsnap history backup.db /config/app -o ndjson | jq .readAt";

pub const CHANGES: &str = "\
Examples:
  etcdsnap changes backup.db
  etcdsnap changes backup.db /config/ --from 123400 --to 123456 --patch
  etcdsnap changes backup.db -o ndjson | jq -r 'select(.event == \"delete\") | .key'";

pub const DELETED: &str = "\
Examples:
  etcdsnap deleted backup.db
  etcdsnap deleted backup.db /registry/secrets/
  etcdsnap get backup.db /config/app --rev 123455     its last value, deleted at 123456";

pub const EXPORT: &str = "\
Examples:
  etcdsnap export backup.db > keys.ndjson
  etcdsnap export backup.db /config/ --text -o json | jq '.rows[] | {key, value}'
  etcdsnap export backup.db --no-values -o csv --output-file keys.csv
  etcdsnap export backup.db --all-revisions -o parquet --output-file records.parquet
  etcdsnap export backup.db --bucket members";

pub const USAGE: &str = "\
Examples:
  etcdsnap usage backup.db
  etcdsnap usage --depth 3 --top 30 backup.db
  etcdsnap usage --by bucket backup.db
  etcdsnap usage -o html backup.db > usage.html
  etcdsnap usage -o json backup.db | jq '.prefixes[] | select(.keys > 1000) | .prefix'";

pub const LEASES: &str = "\
Examples:
  etcdsnap leases --keys backup.db
  etcdsnap leases -o json backup.db | jq '[.leases[] | select(.keys == 0)] | length'";

pub const USERS: &str = "\
Examples:
  etcdsnap users backup.db
  etcdsnap users -o json backup.db | jq -r '.users[] | select(.roles | index(\"root\")) | .name'";

pub const ROLES: &str = "\
Examples:
  etcdsnap roles backup.db";

pub const MEMBERS: &str = "\
Examples:
  etcdsnap members backup.db
  etcdsnap members -o json backup.db | jq -r '.members[].peerUrls[]'";

pub const RESTORE: &str = "\
Examples:
  # a cluster of one member, then how to start it
  etcdsnap restore backup.db --data-dir /var/lib/etcd --name m1 \\
      --initial-cluster m1=https://10.0.0.1:2380 --initial-cluster-token after-the-fire

  # what would be done, and what is wrong with the backup; writes nothing
  etcdsnap restore backup.db --dry-run --data-dir /var/lib/etcd

  # three members from one read, in restored/
  etcdsnap restore backup.db --all-members --output-dir restored --initial-cluster \\
      m1=https://10.0.0.1:2380,m2=https://10.0.0.2:2380,m3=https://10.0.0.3:2380

  # kubeadm: flags from the static pod; the old directory moves aside
  mv /etc/kubernetes/manifests/etcd.yaml /root/
  etcdsnap restore backup.db --from-manifest /root/etcd.yaml --replace --bump-revision auto
  mv /root/etcd.yaml /etc/kubernetes/manifests/

  # an init container that hands the directory to etcd's user
  etcdsnap restore /backup/etcd.db.gz --data-dir /var/run/etcd/data --chown 1000:1000

Ends with 0 when every directory is whole and on the disk; with 3, and nothing
written, when the backup is damaged or would not start; with 1 when it could
not be done, 2 for wrong usage, 6 when the directories are in place but the
report was lost, and 130 when it was interrupted.";
pub const DIFF: &str = "\
Examples:
  etcdsnap diff yesterday.db today.db
  etcdsnap diff --stat --exclude-prefix /registry/events/ yesterday.db today.db
  etcdsnap diff --patch --prefix /registry/configmaps/ backup.db@1200 backup.db@1300
  etcdsnap diff --ignore-revisions -o ndjson old-cluster.db new-cluster.db

Ends with 5 when they differ, 0 when they do not.";

pub const DB: &str = "\
Examples:
  etcdsnap db check backup.db
  etcdsnap db pages backup.db | grep unknown
  etcdsnap db page backup.db 2 17";

pub const DATADIR: &str = "\
Examples:
  etcdsnap datadir check /var/lib/etcd
  etcdsnap datadir check --wal-dir /fast/etcd-wal /var/lib/etcd
  etcdsnap datadir check --server-version 3.5.12 -o json /var/lib/etcd | jq '.starts[0]'

Ends with 3 when something is damaged or no version would start from it.";

pub const WAL: &str = "\
Examples:
  etcdsnap wal verify /var/lib/etcd
  etcdsnap wal ls /var/lib/etcd/member/wal
  etcdsnap wal dump --from 4711 --type put,txn,delete_range /var/lib/etcd
  etcdsnap wal dump -o ndjson /var/lib/etcd | jq -r 'select(.request.put.key? == \"/a\") | .index'
  etcdsnap wal dump -o etcd-dump-logs /var/lib/etcd";

pub const DEFRAG: &str = "\
Examples:
  etcdsnap defrag backup.db small.db
  etcdsnap defrag --in-place /var/lib/etcd

Ends with 3 when the source is damaged; nothing is written then.";

pub const UNPACK: &str = "\
Examples:
  etcdsnap unpack backup.db.zst backup.db
  etcdsnap unpack k3s-snapshot.zip k3s-snapshot.db
  etcdsnap unpack through-a-terminal.db backup.db

Ends with 3, and writes nothing, when SRC is not a backup or its compressed file
is damaged.";

pub const MIGRATE: &str = "\
Examples:
  etcdsnap migrate --target-version 3.5 backup.db for-3.5.db
  etcdsnap migrate --target-version 3.5 --in-place /var/lib/etcd

Ends with 3 when the source is damaged; nothing is written then.";

pub const COMPLETIONS: &str = "\
Examples:
  etcdsnap completions bash > /etc/bash_completion.d/etcdsnap
  etcdsnap completions zsh > \"${fpath[1]}/_etcdsnap\"
  etcdsnap completions fish > ~/.config/fish/completions/etcdsnap.fish";

pub const MAN: &str = "\
Examples:
  etcdsnap man > /usr/local/share/man/man1/etcdsnap.1
  etcdsnap man | man -l -";

pub const KUBE: &str = "\
Examples:
  etcdsnap kube api-resources backup.db             what is stored?
  etcdsnap kube get backup.db pods -n shop          a table of pods
  etcdsnap kube get backup.db deploy/web -n shop -o yaml
  etcdsnap kube get backup.db secret -A --encryption-config enc.yaml -o json
  etcdsnap kube history backup.db deploy/web -n shop          who changed it, and what?
  etcdsnap kube diff yesterday.db today.db                    what changed since?";

pub const KUBE_HISTORY: &str = "\
Examples:
  etcdsnap kube history backup.db deploy/web -n shop
  etcdsnap kube history backup.db cm/settings -A --encryption-config enc.yaml
  etcdsnap kube history backup.db pod/db-0 -n shop -o ndjson | jq '.authors[].manager'

Ends with 1 when no revision of such an object is retained.";

pub const KUBE_DIFF: &str = "\
Examples:
  etcdsnap kube diff yesterday.db today.db
  etcdsnap kube diff yesterday.db today.db deploy,sts,cm -n shop --patch
  etcdsnap kube diff backup.db@123400 backup.db -l app=web --with status
  etcdsnap kube diff --stat -o json yesterday.db today.db | jq .stat.removed
  etcdsnap kube diff -o name yesterday.db today.db --encryption-config enc.yaml

Ends with 5 when they differ, 0 when they do not.";

pub const KUBE_EXTRACT: &str = "\
Examples:
  # a namespace that was deleted, from last night's backup
  etcdsnap kube extract backup.db -n shop --clean > shop.yaml
  kubectl apply -f shop.yaml

  # deleted a few minutes before the backup, but still in its history
  etcdsnap kube extract backup.db -n shop --deleted --clean > shop.yaml

  # one object as it was before it was overwritten
  etcdsnap kube extract backup.db -n shop configmap/settings --rev 123456 --clean

  # a definition with all objects it defines
  etcdsnap kube extract backup.db -A crd/foos.ex.io --with-custom-resources --clean

  # a whole cluster, a file an object, volumes bound as they were
  etcdsnap kube extract backup.db -A --encryption-config enc.yaml \\
      --clean --keep volume-bindings,cluster-ips --output-dir cluster
  kubectl apply -R -f cluster

Ends with 1 when something that was asked for is not there or cannot be read;
the rest is written.";

pub const KUBE_CHECK: &str = "\
Examples:
  etcdsnap kube check backup.db
  etcdsnap kube check backup.db --encryption-config enc.yaml -o json | jq -r '.findings[].place.key'

Ends with 3 when there is an error among the findings, with 0 when there are
only warnings.";

pub const KUBE_AUDIT_ENCRYPTION: &str = "\
Examples:
  etcdsnap kube audit encryption backup.db --encryption-config enc.yaml
  etcdsnap kube audit encryption backup.db --require secrets,configmaps
  etcdsnap kube audit encryption backup.db -o json | jq '.rows[] | select(.fails) | .names[]'

Ends with 4 when an object is not encrypted as it must be: for CI.";

pub const KUBE_GET: &str = "\
Examples:
  etcdsnap kube get backup.db pods -n kube-system
  etcdsnap kube get backup.db deploy,sts -A -o wide
  etcdsnap kube get backup.db deploy/web -n shop -o yaml --rev 123456
  etcdsnap kube get backup.db secret tls -n shop -o json --encryption-config enc.yaml
  etcdsnap kube get backup.db -A -l 'app in (web,db)' -o name
  etcdsnap kube get backup.db -A -o ndjson | jq -r .metadata.uid";

pub const KUBE_API_RESOURCES: &str = "\
Examples:
  etcdsnap kube api-resources backup.db
  etcdsnap kube api-resources backup.db -o ndjson | jq -r 'select(.objects > 10000) | .name'
  etcdsnap kube api-resources backup.db --encryption-config enc.yaml";

pub const KUBE_DESCRIBE_KEY: &str = "\
Examples:
  etcdsnap kube describe-key backup.db /registry/services/specs/shop/web
  etcdsnap kube describe-key backup.db /registry/secrets/shop/tls -o json | jq .stored.encryption";

pub const KUBE_DECODE: &str = "\
Examples:
  etcdctl get /registry/pods/shop/web-0 --print-value-only | etcdsnap kube decode
  etcdsnap get backup.db /registry/pods/shop/web-0 | etcdsnap kube decode -o json
  etcdsnap kube decode value.bin --key /registry/secrets/shop/tls --encryption-config enc.yaml
  etcdsnap kube decode --hex-lines -o ndjson values.hex > objects.ndjson";

pub const KUBE_USAGE: &str = "\
Examples:
  etcdsnap kube usage backup.db
  etcdsnap kube usage backup.db --top 30
  etcdsnap kube usage backup.db -o json | jq '.namespaces[] | select(.objects > 1000) | .namespace'";
