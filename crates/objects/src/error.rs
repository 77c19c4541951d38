//! Why there are no objects, or why one cannot be shown.

use etcdsnap_kube::decode::DecodeError;
use etcdsnap_kube::encryption;
use etcdsnap_mvcc::RevisionError;
use thiserror::Error;

use crate::KeyCounts;

/// Why a backup gives no objects.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum OpenObjectsError {
    /// The system could not read the file.
    #[error(transparent)]
    Image(#[from] etcdsnap_image::ImageError),
    /// The revision that was asked for cannot be read.
    #[error(transparent)]
    Revision(#[from] RevisionError),
    /// There are keys, but no API server wrote them.
    #[error("there are no Kubernetes objects: {0}")]
    NotKubernetes(Box<KeyCounts>),
}

/// Why an object cannot be shown. Has no part of its value.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum UnreadableObject {
    /// It is encrypted, and no key at hand opens it.
    #[error("encrypted: {0}")]
    Encrypted(#[from] encryption::DecryptError),
    /// It is damaged, or was not written by an API server.
    #[error("cannot be decoded: {0}")]
    Undecodable(#[from] DecodeError),
}
