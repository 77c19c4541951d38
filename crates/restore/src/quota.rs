//! The backend quota that the members of a restored cluster have to be started with.

use etcdsnap_snapshot::incidents::DEFAULT_QUOTA;

/// Quotas are rounded up to a multiple of this, in bytes.
const QUOTA_STEP: u64 = 2 << 30;
/// The largest number that `--quota-backend-bytes` takes.
const LARGEST_QUOTA: u64 = i64::MAX.unsigned_abs();

/// The quota that servers have to be started with, in bytes, where the default leaves a database of `size` bytes less
/// room to grow than a quarter of its size.
pub(crate) fn needed_quota(size: u64) -> Option<u64> {
    let wanted = size.saturating_add(size / 4);
    (wanted > DEFAULT_QUOTA)
        .then(|| wanted.checked_next_multiple_of(QUOTA_STEP).unwrap_or(LARGEST_QUOTA).min(LARGEST_QUOTA))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_quota_leaves_room() {
        const GIB: u64 = 1 << 30;
        for (size, wanted) in [
            (0, None),
            (GIB, None),
            (2 * GIB / 5 * 4, None),
            (2 * GIB / 5 * 4 + 8, Some(4 * GIB)),
            (2 * GIB, Some(4 * GIB)),
            (7 * GIB / 2, Some(6 * GIB)),
            (8 * GIB, Some(10 * GIB)),
            (u64::MAX, Some(LARGEST_QUOTA)),
        ] {
            assert_eq!(needed_quota(size), wanted, "{size}");
        }
    }
}
