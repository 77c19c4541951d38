#!/bin/sh
# Seeds a new cluster of several members from one backup, with etcdctl as it was up to 3.5.
set -eu

export ETCDCTL_API=3
for member in $MEMBERS; do
    name=${member%%=*}
    etcdctl snapshot restore "$BACKUP" \
        --name "$name" \
        --initial-cluster "$INITIAL_CLUSTER" \
        --initial-cluster-token "$TOKEN" \
        --initial-advertise-peer-urls "${member#*=}"
done
