//! Rules about the objects of Kubernetes in the keyspace (docs/format/kubernetes.md#objects-that-fit-together).

kinds! { Kubernetes:
    // One object.

    KUBE_VALUE_UNDECODABLE: Error, "object that cannot be decoded",
        "The value under an object's key is no object: neither the protobuf, JSON or CBOR that API servers write nor a value that they \
         encrypted, or its bytes end in the middle. API servers answer every list of this resource with an error because of it.",
        "Look at its earlier revisions with `etcdsnap history` and write the last good one back. If there is none, \
         delete the key with `etcdctl del`.";
    KUBE_VALUE_UNOPENED: Warning, "encrypted object that its key does not open",
        "There is a key with the name that the value was encrypted with, and it does not open the value: another key has had the same \
         name, the value was copied from another key of etcd, or it is damaged. API servers with this configuration answer every list \
         of this resource with an error.",
        "Look for older encryption configurations. `etcdsnap kube audit encryption` names all such objects.";
    KUBE_KEY_MISMATCH: Error, "object under another object's key",
        "Name or namespace in the object and in its key differ. API servers make the key from the object, so the key was written by \
         something else, or one of them is damaged. The object is shown by lists, and cannot be read, changed or deleted by its name.",
        "Find out what wrote it. Apply the object anew from `etcdsnap kube get`, then delete the wrong key with `etcdctl del`.";
    KUBE_KIND_MISMATCH: Warning, "object under another resource's key",
        "The kind of the object is not the one that lies under keys like this. API servers cannot make of it what was asked for; lists of the resource may end in an error.",
        "Find out what wrote it. Save the object with `etcdsnap get`, then delete the key with `etcdctl del`.";

    KUBE_OBJECT_ASTRAY: Warning, "object that does not fit its key",
        "Name or namespace in the object and in its key differ, or the object cannot be read. etcd does not mind and restores it as it is. \
         API servers cannot find the object by its name, or answer lists of its resource with an error.",
        "Run `etcdsnap kube check`: it tells what is wrong with the objects, and what to do about each.";

    // Several objects.

    KUBE_UID_DUPLICATE: Error, "two objects with one uid",
        "Every object gets a uid of its own that is never used again. Two with the same mean that a value was copied from key to key \
         behind the API server's back. Garbage collection and controllers take them for one object and may delete both.",
        "Find out which of them is the copy; delete it with `kubectl delete` and apply it anew, so that it gets its own uid.";
    KUBE_NAMESPACE_MISSING: Warning, "objects in a namespace that does not exist",
        "The objects lie in a namespace of which there is no Namespace object. A namespace goes last when it is deleted, so this comes \
         from deletions behind the API server's back or from a partial restore. Nothing cleans these objects up, and nothing can be \
         created beside them.",
        "Create the namespace again with `kubectl create namespace`; delete it afterwards if its objects are not wanted, which deletes \
         them too.";
    KUBE_DEFINITION_MISSING: Warning, "custom resources without their definition",
        "The objects belong to a group and resource that no CustomResourceDefinition defines. Deleting a definition deletes its objects \
         first, so these were left behind, or belong to an API server of their own. API servers without the definition do not show them.",
        "Apply the definition again to get at the objects, for example from `etcdsnap kube extract --deleted`.";
    KUBE_OWNER_MISSING: Warning, "objects whose owner does not exist",
        "An object refers to an owner by its uid, and no object has this uid. Garbage collection deletes such objects once none of \
         their owners is left; in a snapshot taken in the middle of a deletion a few of them are normal.",
        "Nothing needs to be done where their owners were deleted. If you need these objects after a restore, take them out with \
         `etcdsnap kube extract` before garbage collection finds them.";
    KUBE_MASTER_LEASE_STALE: Warning, "API server that is listed without a lease",
        "Every API server keeps its address under masterleases with a lease of some seconds, so that it goes when the server does. This \
         one has no lease, or one that does not exist: it stays for ever, and the Service kubernetes sends requests to an \
         address where nobody may listen.",
        "If no API server runs there, delete the key with `etcdctl del`. After restoring, compare with `kubectl get endpointslices`.";
}
