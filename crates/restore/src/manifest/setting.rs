//! The settings of a member that a restore needs, and where they were found.

use std::fmt;

use thiserror::Error;

/// A setting of etcd.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Setting {
    /// `--name`
    Name,
    /// `--initial-cluster`
    InitialCluster,
    /// `--initial-cluster-token`
    Token,
    /// `--initial-advertise-peer-urls`
    AdvertisePeerUrls,
    /// `--data-dir`
    DataDir,
    /// `--wal-dir`
    WalDir,
}

impl Setting {
    /// Every setting.
    pub const ALL: [Self; 6] =
        [Self::Name, Self::InitialCluster, Self::Token, Self::AdvertisePeerUrls, Self::DataDir, Self::WalDir];

    /// Its flag without dashes, both of etcd and of a restore.
    pub fn flag(self) -> &'static str {
        match self {
            Self::Name => "name",
            Self::InitialCluster => "initial-cluster",
            Self::Token => "initial-cluster-token",
            Self::AdvertisePeerUrls => "initial-advertise-peer-urls",
            Self::DataDir => "data-dir",
            Self::WalDir => "wal-dir",
        }
    }

    /// The variable etcd takes it from, such as `ETCD_DATA_DIR`.
    pub fn variable(self) -> String {
        format!("ETCD_{}", self.flag().replace('-', "_").to_ascii_uppercase())
    }
}

/// A setting that was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FoundSetting {
    /// Which.
    pub setting: Setting,
    /// Its value; or what is written, when that names something that is known only where etcd runs.
    pub value: Result<String, String>,
    /// Where.
    pub place: SettingPlace,
}

/// A place in a file.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct SettingPlace {
    /// The file.
    pub label: String,
    /// Where in it.
    pub spot: PlaceInFile,
}

/// Where in a file.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum PlaceInFile {
    /// A line, from 1.
    Line(usize),
    /// A node of a YAML document, such as `spec.containers[0].command[3]`.
    Node(String),
}

impl fmt::Display for SettingPlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.spot {
            PlaceInFile::Line(line) => write!(f, "{}, line {line}", self.label),
            PlaceInFile::Node(node) => write!(f, "{}, {node}", self.label),
        }
    }
}

/// Why a setting has no value although files speak of it.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum SettingError {
    /// Two places disagree.
    #[error("--{flag} is {} in {}, and {} in {}; give --{flag} to choose",
        written(one), one.place, written(other), other.place, flag = one.setting.flag())]
    Conflict {
        /// One of them.
        one: Box<FoundSetting>,
        /// The other.
        other: Box<FoundSetting>,
    },
    /// Only the place where etcd runs knows the value.
    #[error("--{} is {written:?} in {place}, which cannot be known from the file{}", setting.flag(), give(*setting, unread))]
    Unknown {
        /// The setting.
        setting: Setting,
        /// What is written.
        written: String,
        /// Where.
        place: SettingPlace,
        /// Environment files that might tell and were not read.
        unread: Vec<String>,
    },
}

fn written(found: &FoundSetting) -> String {
    let (Ok(text) | Err(text)) = &found.value;
    format!("{text:?}")
}

fn give(setting: Setting, unread: &[String]) -> String {
    let flag = setting.flag();
    if unread.is_empty() {
        format!("; give --{flag}")
    } else {
        format!("; give --{flag}, or another --from-manifest with {}", unread.join(" or "))
    }
}
