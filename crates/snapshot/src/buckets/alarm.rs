//! The `alarm` bucket: alarms that are raised, each stored as a key with an empty value (`docs/format/snapshot.md#alarm`).

use std::fmt;

use etcdsnap_proto::etcdserverpb::{AlarmMember, AlarmType};
use etcdsnap_proto::prost::Message;
use etcdsnap_quantity::quantity;

use super::Sink;
use crate::catalogue::cluster::{
    ALARM_CORRUPT, ALARM_NOSPACE, ALARM_UNDECODABLE, ALARM_UNKNOWN, ALARM_VALUE_NOT_EMPTY,
};
use crate::finding::Finding;
use crate::place::Place;

/// An alarm that is raised.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Alarm {
    /// The member it was raised for; 0 when the cluster could not tell which.
    pub member: u64,
    /// What is wrong.
    pub kind: AlarmKind,
}

/// What an alarm warns of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AlarmKind {
    /// The database reached its quota; the cluster takes no more data.
    NoSpace,
    /// The members' data differ; the cluster takes no writes.
    Corrupt,
    /// A number that no known version gives a meaning.
    Unknown(i32),
}

impl fmt::Display for AlarmKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoSpace => f.write_str("NOSPACE"),
            Self::Corrupt => f.write_str("CORRUPT"),
            Self::Unknown(number) => number.fmt(f),
        }
    }
}

pub(super) fn read(key: &[u8], value: &[u8], report: &mut Sink<'_>) -> Option<Alarm> {
    let place = Place::entry("alarm", key);
    if !value.is_empty() {
        let message = format!("the value of this alarm has {} instead of none", quantity(value.len() as u64, "byte"));
        report(Finding::new(&ALARM_VALUE_NOT_EMPTY, place.clone(), message));
    }
    let AlarmMember { member_id: member, alarm } = match AlarmMember::decode(key) {
        Ok(alarm) => alarm,
        Err(error) => {
            report(Finding::new(&ALARM_UNDECODABLE, place, format!("not an alarm: {error}")));
            return None;
        }
    };
    let (kind, rule) = match AlarmType::try_from(alarm) {
        Ok(AlarmType::NoSpace) => (AlarmKind::NoSpace, &ALARM_NOSPACE),
        Ok(AlarmType::Corrupt) => (AlarmKind::Corrupt, &ALARM_CORRUPT),
        Ok(AlarmType::None) | Err(_) => (AlarmKind::Unknown(alarm), &ALARM_UNKNOWN),
    };
    report(Finding::new(rule, place, format!("alarm {kind} was raised for member {member:016x}")));
    Some(Alarm { member, kind })
}

#[cfg(test)]
mod tests {
    use super::super::testing::read;
    use super::*;

    #[test]
    fn alarms_are_keys() {
        // The example of docs/format/snapshot.md#alarm.
        let nospace = b"\x08\xf4\xc1\xaa\x80\xd3\xf9\xef\xe1\x86\x01\x10\x01";
        let (buckets, ids) =
            read(&[("alarm", nospace, b""), ("alarm", b"\x08\x01\x10\x02", b""), ("alarm", b"\x10\x07", b"")]);
        assert_eq!(buckets.alarms.part()[0], Alarm { member: 0x86c3_bfcd_300a_a0f4, kind: AlarmKind::NoSpace });
        assert_eq!(buckets.alarms.part()[1].kind.to_string(), "CORRUPT");
        assert_eq!(buckets.alarms.part()[2], Alarm { member: 0, kind: AlarmKind::Unknown(7) });
        assert_eq!(ids, ["ALARM_NOSPACE", "ALARM_CORRUPT", "ALARM_UNKNOWN"]);
    }

    #[test]
    fn other_bytes_are_no_alarm() {
        let (buckets, ids) = read(&[("alarm", b"\x08", b""), ("alarm", b"\x10\x01", b"x")]);
        assert_eq!(buckets.alarms.part().len(), 1);
        assert_eq!(ids, ["ALARM_UNDECODABLE", "ALARM_VALUE_NOT_EMPTY", "ALARM_NOSPACE"]);
    }
}
