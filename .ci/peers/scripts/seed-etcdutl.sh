#!/bin/sh
# Seeds a new cluster of several members from one backup that is looked at first, with etcdutl as it is since 3.5.
set -eu

etcdutl snapshot status "$BACKUP" --write-out=table
for member in $MEMBERS; do
    name=${member%%=*}
    etcdutl snapshot restore "$BACKUP" \
        --name="$name" \
        --data-dir="$name.etcd" \
        --initial-cluster="$INITIAL_CLUSTER" \
        --initial-cluster-token="$TOKEN" \
        --initial-advertise-peer-urls="${member#*=}" \
        --skip-hash-check=false
done
