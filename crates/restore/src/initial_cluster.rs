//! `--initial-cluster`: the members of the new cluster and where they are (`docs/format/boot.md#initial-cluster`).

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use etcdsnap_wal::Release;

use crate::url::{PeerUrl, PeerUrls, UrlError};

/// Names and peer URLs of members, by name.
///
/// ```
/// use etcdsnap_restore::{InitialCluster, Release};
///
/// let text = "m2=http://10.0.0.2:2380,m1=http://10.0.0.1:2381,m1=http://10.0.0.1:2380";
/// let cluster = InitialCluster::parse(text, Release::V3_7)?;
/// assert_eq!(cluster.names().collect::<Vec<_>>(), ["m1", "m2"]);
/// assert_eq!(cluster.get("m1").unwrap().to_string(), "http://10.0.0.1:2380,http://10.0.0.1:2381");
/// # Ok::<(), etcdsnap_restore::UrlError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InitialCluster(BTreeMap<String, PeerUrls>);

impl InitialCluster {
    /// Reads `name=url` with commas between; a name may come several times, and then has several URLs. Names keep every
    /// character, spaces too. Where several URLs are wrong, the first by name is told.
    pub fn parse(text: &str, release: Release) -> Result<Self, UrlError> {
        let mut texts: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for (name, url) in items(text) {
            texts.entry(name).or_default().push(url);
        }
        let members = texts
            .into_iter()
            .map(|(name, texts)| Ok((name.to_owned(), PeerUrls::from_texts(texts, release)?)))
            .collect::<Result<_, UrlError>>()?;
        Ok(Self(members))
    }

    /// The URLs of that member.
    pub fn get(&self, name: &str) -> Option<&PeerUrls> {
        self.0.get(name)
    }

    /// All names in order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }

    /// Every member by name.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &PeerUrls)> {
        self.0.iter().map(|(name, urls)| (name.as_str(), urls))
    }

    /// Is there no member?
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The name of a member that has this URL.
    pub fn owner(&self, url: &PeerUrl) -> Option<&str> {
        self.iter().find(|(_, urls)| urls.iter().any(|other| other == url)).map(|(name, _)| name)
    }

    /// A URL that comes more than once, of one member or several.
    pub(crate) fn duplicate(&self) -> Option<&PeerUrl> {
        let mut seen = BTreeSet::new();
        self.0.values().flatten().find(|url| !seen.insert(*url))
    }
}

/// Name and URL of each item, in the order of the text. A name that has several URLs comes several times.
pub(crate) fn items(text: &str) -> impl Iterator<Item = (&str, &str)> {
    let items = text.split(',').filter(|item| !item.is_empty());
    items.map(|item| item.split_once('=').unwrap_or((item, "")))
}

/// As `--initial-cluster` would have it: `name=url` sorted as texts, commas between.
impl fmt::Display for InitialCluster {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut items: Vec<_> =
            self.iter().flat_map(|(name, urls)| urls.iter().map(move |url| format!("{name}={url}"))).collect();
        items.sort();
        f.write_str(&items.join(","))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn parse(text: &str) -> Result<InitialCluster, UrlError> {
        InitialCluster::parse(text, Release::V3_7)
    }

    #[test]
    fn empty_items_are_nothing_and_empty_names_are_names() {
        assert!(parse(",,").is_ok_and(|cluster| cluster.is_empty()));
        let cluster = parse(",=http://h:1, a=http://h:2 ,").expect("two members");
        assert_eq!(cluster.names().collect::<Vec<_>>(), ["", " a"]);
        assert_eq!(cluster.to_string(), " a=http://h:2,=http://h:1");
    }

    #[test]
    fn the_first_wrong_url_by_name_is_told() {
        let error = parse("c=http://h,b=ftp://h:1,a=http://h:1").expect_err("two are wrong");
        assert_eq!(error, UrlError::Scheme("ftp://h:1".into()));
        assert_eq!(parse("a"), Err(UrlError::Scheme(String::new())));
    }

    #[test]
    fn duplicates_are_found_within_a_member_and_between_members() {
        let duplicate = |text| parse(text).expect("a cluster").duplicate().map(PeerUrl::to_string);
        assert_eq!(duplicate("a=http://h:1,b=http://h:2"), None);
        assert_eq!(duplicate("a=http://h:1,b=http://h:2,b=HTTP://h:1"), Some("http://h:1".into()));
        assert_eq!(duplicate("a=http://h:1,a=http://h:1"), Some("http://h:1".into()));
    }

    proptest! {
        #[test]
        fn what_is_shown_reads_back(
            items in prop::collection::vec(("[a-z0-9-]{0,4}", "https?://([a-z.]{1,5}|\\[::[0-9a-f]{1,4}\\]):[0-9]{1,5}"), 0..6)
        ) {
            let items: Vec<_> = items.iter().map(|(name, url)| format!("{name}={url}")).collect();
            let cluster = parse(&items.join(",")).expect("good URLs");
            prop_assert_eq!(parse(&cluster.to_string()), Ok(cluster));
        }

        #[test]
        fn any_text_is_read_or_refused(text: String) {
            if let Ok(cluster) = parse(&text) {
                _ = (cluster.to_string(), cluster.duplicate());
            }
        }
    }
}
