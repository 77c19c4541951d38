module github.com/etcdsnap/etcdsnap/tools/kube-schema

go 1.24
