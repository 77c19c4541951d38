//! Work on all threads whose results come in order, without holding more than two batches of them.

use std::convert::Infallible;

use rayon::prelude::*;

/// Items of a batch: enough to keep threads busy.
const ITEMS: usize = 2048;
/// Stored bytes of a batch, unless a single item is larger: what is made of them may be twenty times as large, where an
/// object consists of empty values and each of them becomes a line.
const BYTES: usize = 1 << 20;

/// Makes something of every item, on all threads, and hands the results to `take` in the order of the items, on the calling
/// thread; meanwhile the next batch is being made. `weight` tells how many stored bytes an item stands for.
///
/// # Errors
/// As soon as `take` fails; then nothing more is made.
pub fn map_in_order<I: Sync, T: Send, E>(
    items: &[I],
    weight: impl Fn(&I) -> usize,
    make: impl Fn(&I) -> T + Sync,
    mut take: impl FnMut(T) -> Result<(), E>,
) -> Result<(), E> {
    let (mut rest, mut ready) = (items, Vec::new());
    // Ends, because a batch of what is left is at least one item.
    while !rest.is_empty() || !ready.is_empty() {
        let (batch, behind) = rest.split_at(batch_len(rest, &weight));
        let mut made = Vec::new();
        rayon::in_place_scope(|scope| {
            scope.spawn(|_| made = batch.par_iter().map(&make).collect());
            ready.drain(..).try_for_each(&mut take)
        })?;
        (rest, ready) = (behind, made);
    }
    Ok(())
}

/// [`map_in_order`] with a `take` that cannot fail.
pub(crate) fn map_all_in_order<I: Sync, T: Send>(
    items: &[I],
    weight: impl Fn(&I) -> usize,
    make: impl Fn(&I) -> T + Sync,
    mut take: impl FnMut(T),
) {
    let Ok(()) = map_in_order::<_, _, Infallible>(items, weight, make, |made| {
        take(made);
        Ok(())
    });
}

/// Items from the front that make up a batch.
fn batch_len<I>(items: &[I], weight: impl Fn(&I) -> usize) -> usize {
    let mut bytes = 0_usize;
    let within = items.iter().take(ITEMS).take_while(|item| {
        let fits = bytes < BYTES;
        bytes = bytes.saturating_add(weight(item));
        fits
    });
    within.count()
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    #[test]
    fn results_come_in_order() {
        let items: Vec<usize> = (0..10_000).collect();
        let mut taken = Vec::new();
        map_all_in_order(&items, |item| item * 10, |item| item * 2, |made| taken.push(made));
        assert_eq!(taken, items.iter().map(|item| item * 2).collect::<Vec<_>>());
    }

    #[test]
    fn a_failure_ends_the_work() {
        let made = AtomicUsize::new(0);
        let items = vec![(); 100 * ITEMS];
        let failed = map_in_order(&items, |()| 1, |()| made.fetch_add(1, Ordering::Relaxed), |_| Err("enough"));
        assert_eq!(failed, Err("enough"));
        assert!(made.into_inner() <= 2 * ITEMS);
    }

    #[test]
    fn batches_are_small() {
        assert_eq!(batch_len(&[BYTES / 2; 9], |bytes| *bytes), 2);
        assert_eq!(batch_len(&[BYTES * 9; 9], |bytes| *bytes), 1);
        assert_eq!(batch_len(&vec![0; 9 * ITEMS], |bytes| *bytes), ITEMS);
    }
}
