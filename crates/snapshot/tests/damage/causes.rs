//! What happened to a file of another length than its database has, as the report says first.

use etcdsnap_quantity::quantity;
use etcdsnap_snapshot::cause::CauseId;
use etcdsnap_snapshot::container::Trailer;
use etcdsnap_snapshot::finding::Severity;
use proptest::prelude::*;

use super::samples::{Answer, PAGE, answer, open, snapshot};

const HASH: usize = 32;

/// A file that does not fit its database, and what its cause must be called and must say.
#[derive(Clone, Debug)]
struct Case {
    file: Vec<u8>,
    id: &'static str,
    says: String,
}

/// Any change of the length of a snapshot, or of the bytes of its hash to zeros.
fn cases() -> impl Strategy<Value = Case> {
    let whole = snapshot();
    let (length, pages) = (whole.len(), whole.len() - HASH);
    let cut = {
        let whole = whole.clone();
        (80..pages).prop_map(move |at| {
            // Without the second meta nothing tells that a hash belongs after the pages.
            let needs = if at < PAGE + 80 { pages } else { length };
            let says = format!("{at} of {needs} bytes are here");
            Case { file: whole[..at].to_vec(), id: "CUT_OFF", says }
        })
    };
    let cut_hash = {
        let whole = whole.clone();
        (1..HASH).prop_map(move |left| Case {
            file: whole[..pages + left].to_vec(),
            id: "HASH_CUT_OFF",
            says: format!("{left} of the 32 bytes"),
        })
    };
    let lost =
        Just(Case { file: whole[..pages].to_vec(), id: "HASH_LOST", says: "SHA-256 at the end is missing".into() });
    let zeroed = {
        let whole = whole.clone();
        (0..9000_usize).prop_map(move |more| {
            let mut file = whole[..pages].to_vec();
            file.resize(length + more, 0);
            Case { file, id: "HASH_ZERO", says: format!("{} zero bytes", HASH + more) }
        })
    };
    let followed = move |file: Vec<u8>, says: String| Case { file, id: "BYTES_FOLLOW", says };
    let padded = {
        let whole = whole.clone();
        prop_oneof![Just(512_usize), Just(4096), Just(1 << 20)].prop_map(move |block| {
            let mut file = whole.clone();
            file.resize(length.next_multiple_of(block), 0);
            followed(file, quantity((length.next_multiple_of(block) - length) as u64, "zero byte"))
        })
    };
    let garbage = {
        let whole = whole.clone();
        prop::collection::vec(1..=255_u8, 1..9000).prop_map(move |tail| {
            let says = format!("{} not its own", quantity(tail.len() as u64, "byte"));
            followed([&whole[..], &tail].concat(), says)
        })
    };
    let doubled = {
        let whole = whole.clone();
        (HASH..=length)
            .prop_map(move |more| followed([&whole[..], &whole[..more]].concat(), format!("once more ({more} bytes)")))
    };
    prop_oneof![cut, cut_hash, lost, zeroed, padded, garbage, doubled]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn a_file_that_does_not_fit_is_told_what_happened_to_it(case in cases()) {
        let Case { file, id, says } = case;
        let Answer { cause, findings, is_sound, .. } = answer(&file);
        let cause = cause.expect("a cause");
        prop_assert_eq!(cause.id.as_str(), id);
        prop_assert!(cause.message.contains(&says), "{} in {}", says, cause.message);
        prop_assert!(!is_sound || id == "HASH_LOST" || id == "HASH_ZERO");
        // It can be cut to what its hash proves, exactly as the advice says.
        if id == "BYTES_FOLLOW" {
            let end: usize = cause.advice.split_once("first ").and_then(|(_, rest)| rest.split(' ').next()).expect("a length").parse()?;
            prop_assert_eq!(&file[..end], &snapshot()[..]);
        }
        let lacks_pages = id == "CUT_OFF";
        for finding in &findings {
            prop_assert!(finding.place.offset.is_none_or(|offset| offset < file.len() as u64), "{finding:?}");
            let advises = finding.kind.remedy.contains("--skip-hash-check") && !cause.explains(finding.kind);
            prop_assert!(!(lacks_pages && advises), "{}", finding.kind.id);
            prop_assert!(finding.kind.id != "RAW_DATABASE_MAY_LAG_WAL", "its metas are those of a snapshot");
        }
        prop_assert!(findings.iter().any(|finding| finding.severity >= Severity::Warning));
    }
}

/// By the length alone its last 32 bytes are taken for the hash; they are only compared, and the cause says what they
/// are.
#[test]
fn a_cut_that_leaves_the_length_of_a_snapshot_is_a_cut() {
    let file = &snapshot()[..40 * 4096 + HASH];
    assert!(open(file).is_ok_and(|container| container.trailer != Trailer::Absent));
    let cause = answer(file).cause.expect("a cause");
    assert!(cause.id == CauseId::CutOff && cause.consequences.contains(&"SHA256_MISMATCH"), "{cause:?}");
}

#[test]
fn a_whole_snapshot_has_no_cause() {
    assert_eq!(answer(&snapshot()).cause, None);
}
