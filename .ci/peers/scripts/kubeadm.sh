#!/bin/bash
# Restores the members of a stacked control plane. The flags of the connection are those of every other line in such scripts.
set -o errexit -o nounset

PKI=/etc/kubernetes/pki/etcd
etcdctl() {
    ETCDCTL_API=3 command etcdctl --endpoints=https://127.0.0.1:2379 \
        --cacert="$PKI/ca.crt" --cert="$PKI/server.crt" --key="$PKI/server.key" "$@"
}

etcdctl version
etcdctl --write-out=table snapshot status "$BACKUP"
for member in $MEMBERS; do
    NODE=${member%%=*}
    URL=${member#*=}
    rm -rf "$NODE.etcd"
    etcdctl snapshot restore "$BACKUP" --data-dir="$NODE.etcd" --name="$NODE" \
        --initial-cluster="$INITIAL_CLUSTER" --initial-cluster-token="$TOKEN" --initial-advertise-peer-urls="$URL" \
        --dial-timeout=5s --command-timeout=60s
    if [ ! -d "$NODE.etcd/member/wal" ]; then
        echo "no log in $NODE.etcd" >&2
        exit 1
    fi
done
