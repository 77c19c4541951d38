//! The rules for the two meta pages and for the length of the file.

use crate::db::Db;
use crate::format::PageKind;
use crate::meta::{Meta, MetaError};
use crate::problem::{Detail, Problems, StructureCode, StructureProblem};

/// Checks both metas, each on its own and the two against each other.
pub(super) fn check(db: &Db<'_>, problems: &mut Problems) {
    for (slot, meta) in (0..).zip(db.metas()) {
        if matches!(meta, Err(MetaError::Truncated)) {
            let (page, code, found) = (Some(slot), StructureCode::MetaTruncated, Detail::Number(slot));
            // The end of the file: the meta itself would be after it.
            let offset = db.bytes().len() as u64;
            problems.push(StructureProblem {
                bucket: None,
                page,
                element: None,
                code,
                offset,
                found,
                against: Detail::None,
            });
            continue;
        }
        let offset = u64::from(db.page_size()) * slot;
        let mut report = |code, at: u64, found, against| {
            let offset = offset + at;
            problems.push(StructureProblem {
                bucket: None,
                page: Some(slot),
                element: None,
                code,
                offset,
                found,
                against,
            });
        };
        match meta {
            Err(error) => {
                report(StructureCode::MetaInvalid, 16, Detail::Words(error.to_string()), Detail::Number(slot));
            }
            Ok(meta) => check_fields(db, meta, &mut report),
        }
    }
    if let (Ok(zero), Ok(one)) = (&db.metas()[0], &db.metas()[1]) {
        check_pair(zero, one, problems);
    }
}

fn check_fields(db: &Db<'_>, meta: &Meta, report: &mut impl FnMut(StructureCode, u64, Detail, Detail)) {
    let slot = Detail::Number(meta.slot.into());
    let hwm = meta.high_water_mark;
    let inside = |page: u64| (2..hwm).contains(&page);
    if meta.header_id != u64::from(meta.slot) {
        report(StructureCode::MetaPageId, 0, Detail::Number(meta.header_id), slot.clone());
    }
    if meta.header_kind != PageKind::Meta {
        report(StructureCode::MetaPageFlags, 8, Detail::Words(meta.header_kind.to_string()), slot);
    }
    if meta.page_size != db.page_size() {
        let (found, against) = (Detail::Number(meta.page_size.into()), Detail::Number(db.page_size().into()));
        report(StructureCode::MetaPageSize, 24, found, against);
    }
    if meta.flags != 0 {
        report(StructureCode::MetaFlags, 28, Detail::Number(meta.flags.into()), Detail::None);
    }
    if !inside(meta.root) {
        report(StructureCode::MetaRootRange, 32, Detail::Number(meta.root), Detail::Number(hwm));
    }
    if meta.freelist != crate::format::NO_FREELIST && !inside(meta.freelist) {
        report(StructureCode::MetaFreelistRange, 48, Detail::Number(meta.freelist), Detail::Number(hwm));
    }
    let needed = u128::from(hwm) * u128::from(db.page_size());
    if needed > db.bytes().len() as u128 {
        let found = Detail::Number(db.bytes().len() as u64);
        report(StructureCode::FileTruncated, 56, found, Detail::Words(needed.to_string()));
    }
}

fn check_pair(zero: &Meta, one: &Meta, problems: &mut Problems) {
    let code = match zero.txid.abs_diff(one.txid) {
        0 => StructureCode::MetaTxidEqual,
        1 | 2 => {
            // A snapshot has T in slot 0 and T - 1 in slot 1 whatever the parity (`docs/format/bbolt.md#twin-metas`).
            let snapshot = zero.txid == one.txid.wrapping_add(1);
            if snapshot || (zero.txid.is_multiple_of(2) && !one.txid.is_multiple_of(2)) {
                return;
            }
            StructureCode::MetaTxidParity
        }
        _ => StructureCode::MetaTxidGap,
    };
    let (found, against) = (Detail::Number(zero.txid), Detail::Number(one.txid));
    problems.push(StructureProblem { bucket: None, page: None, element: None, code, offset: 64, found, against });
}
