//! The owner of outputs, as `--chown` takes it: user and group ids.

use std::fmt;
use std::fs::File;
use std::io;
use std::os::unix::fs::fchown;
use std::str::FromStr;

/// A user id and a group id; one that is `None` is left as the system sets it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Owner {
    /// User id.
    pub user: Option<u32>,
    /// Group id.
    pub group: Option<u32>,
}

/// A text is not an owner in the form `UID:GID`.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{text:?} is not UID:GID, UID or :GID with decimal numbers, such as 1000:1000")]
pub struct OwnerError {
    text: String,
}

impl Owner {
    /// Changes the owner of an open file or folder.
    pub fn give(self, file: &File) -> io::Result<()> {
        fchown(file, self.user, self.group)
    }
}

impl FromStr for Owner {
    type Err = OwnerError;

    fn from_str(text: &str) -> Result<Self, OwnerError> {
        let error = || OwnerError { text: text.to_owned() };
        // The largest number stands for "leave it" in the system's calls.
        let number = |part: &str| {
            let digits = part.bytes().all(|byte| byte.is_ascii_digit());
            part.parse().ok().filter(|number| digits && *number != u32::MAX).ok_or_else(error)
        };
        let optional = |part: &str| if part.is_empty() { Ok(None) } else { number(part).map(Some) };
        match text.split_once(':') {
            Some(("", "")) => Err(error()),
            Some((user, group)) => Ok(Self { user: optional(user)?, group: optional(group)? }),
            None => Ok(Self { user: Some(number(text)?), group: None }),
        }
    }
}

impl fmt::Display for Owner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(user) = self.user {
            write!(f, "{user}")?;
        }
        self.group.map_or(Ok(()), |group| write!(f, ":{group}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn owners_are_read_as_chown_reads_numbers() {
        let owner = |user, group| Ok(Owner { user, group });
        assert_eq!("1000:1001".parse(), owner(Some(1000), Some(1001)));
        assert_eq!("0".parse(), owner(Some(0), None));
        assert_eq!(":7".parse(), owner(None, Some(7)));
        assert_eq!("7:".parse(), owner(Some(7), None));
        for wrong in ["", ":", "etcd", "etcd:etcd", "-1", "+1:1", "1:2:3", "4294967295", " 1"] {
            assert!(wrong.parse::<Owner>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn an_owner_prints_as_it_is_typed() {
        for text in ["1000:1001", "0", ":7"] {
            assert_eq!(text.parse::<Owner>().map(|owner| owner.to_string()), Ok(text.to_owned()));
        }
    }
}
