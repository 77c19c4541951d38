//! Ids of members and clusters (`docs/format/boot.md#ids`).

use std::fmt;

use sha1::{Digest, Sha1};

use crate::url::{PeerUrl, PeerUrls};

/// Id of a member. Shown in hexadecimal without leading zeros, as in the keys of the `members` bucket; `{:016x}` shows it as
/// etcd's log does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MemberId(pub u64);

impl MemberId {
    /// The member of a restore without flags: `default=http://localhost:2380` and the token `etcd-cluster`.
    pub const DEFAULT: Self = Self(0x8e9e_05c5_2164_694d);

    /// The id of a member that a cluster begins with. One added to a running cluster has the seconds of unix time in
    /// decimal for a token.
    ///
    /// ```
    /// use etcdsnap_restore::{MemberId, PeerUrls, Release};
    ///
    /// let urls = PeerUrls::parse("http://10.0.0.1:2380", Release::V3_7)?;
    /// assert_eq!(MemberId::new(&urls, "tk").to_string(), "1c3a498a2cce624b");
    /// # Ok::<(), etcdsnap_restore::UrlError>(())
    /// ```
    pub fn new(urls: &PeerUrls, token: &str) -> Self {
        let texts = urls.iter().map(PeerUrl::as_str).chain([token]);
        Self(digest(texts.map(str::as_bytes)))
    }
}

/// Id of a cluster. Shown in hexadecimal without leading zeros; `{:016x}` shows it as etcd's log does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ClusterId(pub u64);

impl ClusterId {
    /// The cluster of a restore without flags.
    pub const DEFAULT: Self = Self(0xcdf8_1819_4e3a_8c32);

    /// The id of a cluster that begins with these members, in any order.
    pub fn new(members: impl IntoIterator<Item = MemberId>) -> Self {
        let mut ids: Vec<_> = members.into_iter().collect();
        ids.sort_unstable();
        Self(digest(ids.into_iter().map(|id| id.0.to_be_bytes())))
    }
}

/// The first eight bytes of the SHA-1 of all pieces, without anything between them.
fn digest(pieces: impl Iterator<Item: AsRef<[u8]>>) -> u64 {
    let mut hash = Sha1::new();
    for piece in pieces {
        hash.update(piece);
    }
    hash.finalize().iter().take(8).fold(0, |id, &byte| id << 8 | u64::from(byte))
}

macro_rules! shown_in_hexadecimal {
    ($($id:ty),*) => {$(
        impl fmt::LowerHex for $id {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::LowerHex::fmt(&self.0, f)
            }
        }

        impl fmt::Display for $id {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::LowerHex::fmt(&self.0, f)
            }
        }
    )*};
}

shown_in_hexadecimal!(MemberId, ClusterId);

#[cfg(test)]
mod tests {
    use etcdsnap_wal::Release;

    use super::*;

    fn id(urls: &str, token: &str) -> MemberId {
        MemberId::new(&PeerUrls::parse(urls, Release::V3_7).expect("good URLs"), token)
    }

    /// The examples of `docs/format/boot.md#ids`.
    #[test]
    fn members_have_the_ids_etcd_gives_them() {
        let cases = [
            ("http://localhost:2380", "etcd-cluster", "8e9e05c52164694d"),
            ("http://10.0.0.2:2380", "tk", "42a696824ae9fd4c"),
            ("http://127.0.0.1:23001", "tok35", "86c3bfcd300aa0f4"),
            ("http://127.0.0.1:23021", "etcd-cluster", "d5e92ab4abfe950"),
            ("http://b:2380,http://a:2380", "t", "32ae93545c0331f3"),
            ("http://127.0.0.1:23099", "1795190387", "570c956d8fb7f663"),
        ];
        for (urls, token, expected) in cases {
            assert_eq!(id(urls, token).to_string(), expected, "{urls}");
        }
        assert_eq!(format!("{:016x}", id("http://127.0.0.1:23021", "etcd-cluster")), "0d5e92ab4abfe950");
        assert_eq!(id("http://localhost:2380", "etcd-cluster"), MemberId::DEFAULT);
    }

    #[test]
    fn clusters_have_the_ids_etcd_gives_them() {
        assert_eq!(ClusterId::new([MemberId::DEFAULT]), ClusterId::DEFAULT);
        let three = [1, 2, 3].map(|host| id(&format!("http://10.0.0.{host}:2380"), "tk"));
        assert_eq!(ClusterId::new(three).to_string(), "e3cf7ee5a5271764");
        assert_eq!(ClusterId::new(three.into_iter().rev()), ClusterId::new(three));
        assert_eq!(ClusterId::new([id("http://127.0.0.1:23021", "etcd-cluster")]).to_string(), "51c556add8aba39a");
    }
}
