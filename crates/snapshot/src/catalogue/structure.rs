//! Rules about metas, freelist, pages, elements and buckets (`docs/format/bbolt.md#invariants`): one for every
//! [`StructureCode`], in its order.
//!
//! Databases of etcd from 3.3 on have no freelist in the file, so a server that opens one walks its whole tree first.
//! What that walk looks at ends a restore or a start with a panic; what it does not look at goes unnoticed and does its
//! harm later. The explanations say which of the two it is.

use etcdsnap_bbolt::{StructureCode, StructureProblem};

use crate::finding::Finding;
use crate::place::Place;

/// Data on the page is lost.
const LOST: &str = "Do not restore this file. Use another snapshot, preferably of another member.";

/// The same, when a look at the page tells more.
const LOST_PAGE: &str = "Do not restore this file. Use another snapshot, preferably of another member. `etcdsnap db \
     page` shows what stands on the page now.";

/// The file may only have been copied badly.
const COPY_AGAIN: &str = "Compare the size of the file with the original and copy it again, or use another snapshot.";

/// The freelist can be left out without loss.
const WITHOUT_FREELIST: &str = "Prefer another snapshot. If there is none and only the freelist is reported, the data \
     is whole: `bbolt surgery freelist abandon` (bbolt 1.4 or later) makes a copy without the list. Verify that copy; \
     restoring it needs --skip-hash-check.";

/// The tree can be read today but must not be written to.
const DO_NOT_WRITE: &str = "Do not restore this file, because the restore and the server write to it. Use another \
     snapshot, preferably of another member.";

/// Nothing is proven to be lost.
const COMPARE: &str = "Compare the HashKV with that of another member at the same revision (`etcdsnap hash`), and the \
     key count with that of older snapshots (`etcdsnap status`). If they do not fit, use another snapshot.";

const NOTHING: &str = "Nothing needs to be done.";

kinds! { Structure:
    // Metas.

    META_TRUNCATED: Error, "file ends before a meta page",
        "A database begins with two meta pages, which say where everything else is. This file ends before one of them, \
         so next to nothing of it is there: the copy broke off at its beginning.",
        COPY_AGAIN;
    META_INVALID: Error, "meta page is invalid",
        "Magic, version or checksum of a meta page is wrong. As long as the other meta page is valid, etcd uses that \
         one and says nothing. In a snapshot both have the same content, so bytes were changed after it was saved. In \
         a raw database a power loss can leave a half-written meta; the other one then shows the state before the last \
         transaction.",
        "Take a new snapshot if you can, because something changed bytes of this one. If nothing else is found, the \
         data that the other meta shows is whole; `etcdsnap db info` shows both.";
    META_PAGE_ID: Warning, "meta page bears another page's number",
        "The header of a meta page does not have its own page number. The checksum does not cover this header, and \
         servers do not look at it and write it anew, but `etcdutl snapshot status` panics on it (3.5.8 to 3.6) or \
         counts it as an error (3.7). Bytes were overwritten.",
        "The data is not affected. Take a new snapshot if you can, because something changed bytes of this one.";
    META_PAGE_FLAGS: Warning, "meta page says it is something else",
        "The header of a meta page does not say that it is one. The checksum does not cover this header, and servers \
         do not look at it and write it anew, but `etcdutl snapshot status` panics on it (3.5.8 to 3.6) or counts it \
         as an error (3.7). Bytes were overwritten.",
        "The data is not affected. Take a new snapshot if you can, because something changed bytes of this one.";
    META_PAGE_SIZE: Error, "meta names another page size",
        "A valid meta names a page size that the file does not have. bbolt believes the first meta it can read, then \
         finds no page where it looks for it, and panics. The checksum is right, so the field was written like this: \
         by `bbolt surgery meta update`, or by mixing two files.",
        LOST;
    META_FLAGS: Warning, "meta has flags",
        "bbolt writes no flags into a meta, and `bbolt surgery meta update` does. Servers ignore them. Somebody has \
         edited this database.",
        "Find out what was edited and why. If nothing else is found, the tree is sound.";
    META_ROOT_RANGE: Error, "meta names an impossible root page",
        "The root of everything lies outside the database, according to a valid meta. With that meta nothing can be \
         read, and etcd panics when it opens the file. The checksum is right, so the field was written like this: the \
         file was edited, or its high-water mark belongs to another state.",
        LOST;
    META_FREELIST_RANGE: Error, "meta names an impossible freelist page",
        "The list of free pages lies outside the database, according to a valid meta. bbolt reads the list when it \
         opens the file, and panics or takes foreign bytes for it. etcd on Linux writes a list up to 3.2 and none from \
         3.3 on, so an old server or another system or tool wrote this file.",
        WITHOUT_FREELIST;
    FILE_TRUNCATED: Error, "file is shorter than its database",
        "A meta says how many pages there are, and the file ends before the last of them. An interrupted upload or \
         download, a full disk, or a copy of a database that was being written does this. etcd does not compare the \
         two: what is behind the end reads as zeros or kills the process, and `etcdutl snapshot status` may find \
         nothing wrong.",
        "Compare the size of the file with the original and copy it again, or use another snapshot. If no other error \
         in the structure is found, only pages that hold no data are missing.";
    META_TXID_GAP: Warning, "metas are too far apart",
        "The two metas are written in turn, so their transactions are one or two apart. A larger distance means that \
         one of them belongs to another time or another file: writes were lost, the copy is torn, or somebody repaired \
         the file. bbolt uses the meta with the higher transaction, whether that is the right one or not.",
        "Check with `etcdsnap status` that revision and key count are what you expect; `etcdsnap db info` shows both \
         metas. If they are not, use another snapshot.";
    META_TXID_EQUAL: Warning, "metas are of the same transaction",
        "The two metas are written in turn and never have the same transaction. `bbolt surgery revert-meta-page` \
         leaves them so: somebody took back the last transaction, which in etcd may hold 10000 writes.",
        "Find out who repaired this file and why. If nothing else is found, the tree is sound, but older than the file \
         was.";
    META_TXID_PARITY: Note, "metas stand in unusual slots",
        "bbolt writes even transactions to meta 0 and odd ones to meta 1; a snapshot has the newer one in meta 0 in \
         any case. This file is neither, as a database is that was restored from a snapshot and written to only once \
         since.",
        NOTHING;

    // Freelist.

    FREELIST_EOF: Error, "file ends before the freelist",
        "The page with the list of free pages is after the end of the file, so the file was cut off. bbolt reads the \
         list when it opens the file, and panics or is killed by the system (SIGBUS). etcd on Linux writes a list up to \
         3.2 and none from 3.3 on, so an old server or another system or tool wrote this file.",
        COPY_AGAIN;
    FREELIST_COUNT: Error, "freelist is longer than its pages",
        "The list of free pages says that it has more ids than its pages hold. bbolt takes the bytes after them for \
         ids as well, and hands out pages that hold data. etcd on Linux writes a list up to 3.2 and none from 3.3 on, so \
         an old server or another system or tool wrote this file.",
        WITHOUT_FREELIST;
    FREELIST_RANGE: Error, "freelist has an impossible page",
        "The list of free pages has an id that no page of data can have. A write that is given a meta page or a page \
         after the end destroys the database. etcd on Linux writes a list up to 3.2 and none from 3.3 on, so an old \
         server or another system or tool wrote this file.",
        WITHOUT_FREELIST;
    FREELIST_DUP: Error, "page is on the freelist twice",
        "bbolt would hand the page out twice: two parts of the tree then overwrite each other, or the server panics: \
         \"page N already freed\". etcd on Linux writes a list up to 3.2 and none from 3.3 on, so an old server or \
         another system or tool wrote this file.",
        WITHOUT_FREELIST;
    FREELIST_UNSORTED: Warning, "freelist is not sorted",
        "bbolt writes the list of free pages in ascending order. Readers sort it anyway, but either its bytes are \
         damaged or another program wrote it.",
        "If nothing else is found, nothing needs to be done: the list is dropped when etcd 3.3 or later on Linux writes to the \
         database.";
    REACHABLE_FREED: Error, "page in use is on the freelist",
        "The page holds data and is listed as free. Its data is still there, but the next writes may overwrite it, and \
         the restore is the first of them. A rolled-back transaction of bbolt before 1.3.11 (bbolt issue 797), a lost \
         write, or a repair with `bbolt surgery` leave this behind.",
        WITHOUT_FREELIST;
    UNREACHABLE_UNFREED: Error, "page is neither in use nor free",
        "Nothing refers to the page, and it is not on the list of free pages. The wasted space does no harm, but what \
         referred to the page may be gone, and the keys on it with that: a damaged branch page or bucket, a lost \
         write, or `bbolt surgery clear-page`.",
        "Compare the HashKV with that of another member at the same revision (`etcdsnap hash`), and the key count with \
         that of older snapshots (`etcdsnap status`). If they fit and nothing else is found, the data is whole.";

    // Pages.

    PGID_RANGE: Error, "reference to an impossible page",
        "A meta, a bucket or a branch page refers to a page outside the database. All keys below the reference are \
         lost. Its bytes are damaged, or it belongs to a newer state than the meta. etcd panics when it opens the \
         file, except when the page would be the one right behind the last: no version notices that before it reads \
         there.",
        LOST;
    PAGE_EOF: Error, "page is behind the end of the file",
        "The tree needs a page that the file does not have any more, so the file was cut off. The keys of the page, \
         and all below it, are missing. etcd reads zeros there or is killed by the system (SIGBUS).",
        COPY_AGAIN;
    PAGE_ID: Error, "page bears another page's number",
        "Every page has its own number in its header; this one has another, so it does not hold what was last written \
         to it. A write was lost or went astray, the copy was taken from a live file, or bytes were overwritten. The \
         number 0 on an empty page is typical of a power loss; ext4 with fast_commit lost pages that way before Linux \
         5.10.94, 5.15.27 and 5.17. The keys of the page, and all below it, are lost. etcd panics when it opens the \
         file: \"Page expected to be: N, but self identifies as M\".",
        LOST_PAGE;
    PAGE_TYPE: Error, "page is of the wrong kind",
        "The tree refers to a page that is neither branch nor leaf, or the meta to a freelist that is none. The page \
         was lost or overwritten, or the reference is damaged. The keys of the page, and all below it, are lost. etcd \
         panics when it opens the file.",
        LOST_PAGE;
    OVERFLOW_RANGE: Error, "page goes on behind the end of the database",
        "A page may go on over several pages, and the number of them in its header is impossible here: the header is \
         damaged. etcd panics when it opens the file.",
        LOST_PAGE;
    PAGE_TRUNCATED: Error, "file ends inside a page",
        "The page goes on over several pages, and the last of them are behind the end of the file, so the file was cut \
         off. The values at the end of the page are incomplete. `etcdutl snapshot status` does not look at them; a \
         server returns zeros in their place or is killed by the system (SIGBUS).",
        COPY_AGAIN;
    DOUBLE_REF: Error, "page is used twice",
        "Two references lead to the same page, or one into the middle of a large page. At most one of them is right; \
         the keys that the other one led to are lost. References that form a loop look like this too. After a power \
         loss it happens when a meta reached the disk and some pages before it did not. etcd panics when it opens the \
         file (\"multiple references\"), or hangs.",
        "Do not restore this file. Use another snapshot, preferably of another member. If a raw database is all there \
         is, `bbolt surgery revert-meta-page` makes a copy that is one transaction older and often sound: verify that \
         copy.";
    DEPTH: Error, "tree is too deep",
        "A sound tree of this many levels would be larger than any disk, so a reference is damaged or somebody made \
         the file to do harm: bbolt follows it, however deep. What is below was not read.",
        LOST;
    UNEVEN_DEPTH: Error, "leaves at different depths",
        "All leaves of a bucket are at the same depth. Here a reference leads to another level of the tree, so keys \
         are missing or out of place. No check of etcd or bbolt looks for it. The server starts, and when it merges \
         pages later, keys vanish silently.",
        DO_NOT_WRITE;
    COUNT_SPACE: Error, "more elements than fit on the page",
        "The element count of the page asks for a table that is larger than the page, so the header is damaged and \
         nothing on the page can be read. A server panics or takes foreign bytes for elements; no version of bbolt \
         checks the small buckets, which lie inside another page.",
        LOST_PAGE;
    COUNT_MAX: Error, "impossible element count",
        "The page claims 65535 elements, a number that only long freelists have. The header is damaged.",
        LOST_PAGE;
    EMPTY_PAGE: Error, "empty page inside a tree",
        "Only a bucket without keys has a page without elements. Here the elements of a page were lost: its header is \
         damaged, or somebody used `bbolt surgery clear-page`. etcd does not notice; the keys are missing, and the \
         next write into this part of the tree damages more of it.",
        DO_NOT_WRITE;
    SINGLE_CHILD: Error, "branch page with a single child",
        "A branch page has at least two children. Here others were lost: its header is damaged, or somebody used \
         `bbolt surgery clear-page-elements`. What is left can be read and no check of bbolt reports it, but a \
         deletion in this part of the tree, such as a compaction, panics: \"parent must have at least 2 children\".",
        DO_NOT_WRITE;
    OVERFLOW_WASTE: Warning, "page is longer than its elements need",
        "bbolt gives a page as many pages as its elements need. This one has more, so elements may be missing at its \
         end, or the number in its header was changed. No version of etcd or bbolt notices.",
        COMPARE;

    // Elements.

    KEY_EMPTY: Error, "key has no bytes",
        "bbolt accepts no empty keys, so the length of this one is damaged and the key is lost. From 3.4.24 and 3.5.8 \
         on, etcd panics when it opens the file; older versions start without the key.",
        LOST_PAGE;
    KEY_SIZE: Warning, "key is longer than bbolt accepts",
        "Keys have at most 32768 bytes, and those of etcd's own entries far less. Either the length of this one is \
         damaged or another program wrote it. Servers can read it.",
        COMPARE;
    VALUE_SIZE: Error, "value is longer than bbolt accepts",
        "No value has 2 GiB or more, so the length of this one is damaged.",
        LOST_PAGE;
    ELEM_BOUNDS: Error, "element lies outside its page",
        "Position or length of a key or value points outside the page, so its bytes in the element table are damaged, \
         or the page lost a part. The key or value is lost. A server panics when it points out of the file; otherwise \
         it takes bytes of another page for the value and says nothing.",
        LOST_PAGE;
    ELEM_OVERLAP: Error, "elements share bytes",
        "Two elements of the page have bytes in common, so position or length of one of them is damaged. At least one \
         key or value is wrong. No version of etcd or bbolt notices.",
        LOST_PAGE;
    ELEM_LAYOUT: Warning, "elements are not packed",
        "bbolt writes the keys and values of a page one behind the other. Here is a gap, or they are in another order: \
         typically the element count was changed, and the elements at the end of the page are missing. No version of \
         etcd or bbolt notices.",
        COMPARE;
    ELEM_FLAGS: Error, "element has unknown flags",
        "An element is either a plain value or a bucket; other flags do not exist. Its bytes in the element table are \
         damaged, and no version of etcd or bbolt notices.",
        LOST_PAGE;
    SLACK_NONZERO: Note, "bytes behind the last element are not zero",
        "bbolt fills the rest of a page with zeros. Other bytes there do no harm; another program wrote them, or a \
         page was changed.",
        NOTHING;

    // Order.

    KEY_ORDER: Error, "keys out of order",
        "The keys of a page ascend; here one is below the key before it, so bytes of a key are damaged. A lookup finds \
         some keys of the page and misses others. From 3.4.24 and 3.5.8 on, etcd panics when it opens the file; older \
         versions start and lose keys. The small buckets, which lie inside another page, are checked by none.",
        LOST_PAGE;
    KEY_DUP: Error, "key stands twice",
        "The same key stands twice on the page, so bytes of one of them are damaged and the key it was is lost. From \
         3.4.24 and 3.5.8 on, etcd panics when it opens the file.",
        LOST_PAGE;
    KEY_BELOW_PARENT: Error, "page begins below its parent's key",
        "A branch page has the first key of every page below it. This page begins with a lower key, which a lookup \
         seeks on the page before and does not find. Bytes of one of the two keys are damaged, or the reference leads \
         to a wrong page. From 3.4.24 and 3.5.8 on, etcd panics when it opens the file.",
        LOST_PAGE;
    KEY_NOT_PARENT: Error, "page does not begin with its parent's key",
        "A branch page has the first key of every page below it. This page begins with a higher key: its first \
         elements are gone, or bytes of one of the two keys are damaged. `bbolt surgery clear-page-elements` does \
         this. etcd starts and bbolt calls the file sound, but the next write to the page leaves the tree broken.",
        DO_NOT_WRITE;
    KEY_ABOVE_PARENT: Error, "page has keys of the next page",
        "A key of the page is not below the first key of the page after it, so a lookup seeks it there and does not \
         find it. Bytes of a key are damaged, or the reference leads to a wrong page. From 3.4.24 and 3.5.8 on, etcd \
         panics when it opens the file.",
        LOST_PAGE;

    // Buckets.

    BUCKET_HEADER: Error, "bucket has no header",
        "An element is marked as a bucket, and its value is too short to be one. Mark or length is damaged; if it was \
         a bucket, all of it is lost. A server takes foreign bytes for the header.",
        LOST_PAGE;
    BUCKET_VALUE_SIZE: Warning, "bucket has more than a header",
        "A bucket with pages of its own is a header of 16 bytes. This one is longer; bbolt ignores the rest. A small \
         bucket that lies inside the page looks like this when the first bytes of its header are damaged: then all of \
         it is lost.",
        COMPARE;
    INLINE_SHORT: Error, "bucket has neither page nor content",
        "The header says that the bucket lies inside this page, and it is too short for that. Typically the number of \
         its root page was overwritten with zeros, so all of the bucket is lost. etcd panics when it opens the file.",
        LOST;
    INLINE_TYPE: Error, "content of a bucket is not a leaf",
        "A small bucket lies inside the page of its parent as a leaf page. Here it says that it is something else: its \
         header is damaged, and what it held, such as members, leases or the raft index, is lost. No check of etcd or \
         bbolt looks there.",
        LOST;
    INLINE_HEADER: Warning, "content of a bucket has a page number",
        "A small bucket lies inside the page of its parent and has neither page number nor further pages; here it has. \
         No reader looks at them, but only damage or another program explains them.",
        "Look at the other findings about this bucket. If there are none, its content is whole.";
    INLINE_NESTED: Error, "bucket inside a small bucket",
        "A small bucket that lies inside the page of its parent holds no buckets, and etcd nests none at all. The mark \
         of a plain entry is damaged, and servers cannot read the entry any more.",
        LOST_PAGE;
    INLINE_BIG: Note, "small bucket is large",
        "bbolt gives a bucket pages of its own when it outgrows a quarter of a page. This one still lies inside the \
         page of its parent; servers read it and move it when they write to it. Another program made the file, or one \
         with larger pages.",
        NOTHING;
    TAIL_NONZERO: Note, "something stands behind the database",
        "Bytes behind the last page are not zero: pages of a transaction that was not finished when the server or the \
         copy stopped, or something that was appended. bbolt ignores and overwrites them.",
        NOTHING;
}

/// The rule that stands for a code of the structural check.
pub fn of(code: StructureCode) -> &'static Kind {
    match code {
        StructureCode::MetaTruncated => &META_TRUNCATED,
        StructureCode::MetaInvalid => &META_INVALID,
        StructureCode::MetaPageId => &META_PAGE_ID,
        StructureCode::MetaPageFlags => &META_PAGE_FLAGS,
        StructureCode::MetaPageSize => &META_PAGE_SIZE,
        StructureCode::MetaFlags => &META_FLAGS,
        StructureCode::MetaRootRange => &META_ROOT_RANGE,
        StructureCode::MetaFreelistRange => &META_FREELIST_RANGE,
        StructureCode::FileTruncated => &FILE_TRUNCATED,
        StructureCode::MetaTxidGap => &META_TXID_GAP,
        StructureCode::MetaTxidEqual => &META_TXID_EQUAL,
        StructureCode::MetaTxidParity => &META_TXID_PARITY,
        StructureCode::FreelistEof => &FREELIST_EOF,
        StructureCode::FreelistCount => &FREELIST_COUNT,
        StructureCode::FreelistRange => &FREELIST_RANGE,
        StructureCode::FreelistDup => &FREELIST_DUP,
        StructureCode::FreelistUnsorted => &FREELIST_UNSORTED,
        StructureCode::ReachableFreed => &REACHABLE_FREED,
        StructureCode::UnreachableUnfreed => &UNREACHABLE_UNFREED,
        StructureCode::PgidRange => &PGID_RANGE,
        StructureCode::PageEof => &PAGE_EOF,
        StructureCode::PageId => &PAGE_ID,
        StructureCode::PageType => &PAGE_TYPE,
        StructureCode::OverflowRange => &OVERFLOW_RANGE,
        StructureCode::PageTruncated => &PAGE_TRUNCATED,
        StructureCode::DoubleRef => &DOUBLE_REF,
        StructureCode::Depth => &DEPTH,
        StructureCode::UnevenDepth => &UNEVEN_DEPTH,
        StructureCode::CountSpace => &COUNT_SPACE,
        StructureCode::CountMax => &COUNT_MAX,
        StructureCode::EmptyPage => &EMPTY_PAGE,
        StructureCode::SingleChild => &SINGLE_CHILD,
        StructureCode::OverflowWaste => &OVERFLOW_WASTE,
        StructureCode::KeyEmpty => &KEY_EMPTY,
        StructureCode::KeySize => &KEY_SIZE,
        StructureCode::ValueSize => &VALUE_SIZE,
        StructureCode::ElemBounds => &ELEM_BOUNDS,
        StructureCode::ElemOverlap => &ELEM_OVERLAP,
        StructureCode::ElemLayout => &ELEM_LAYOUT,
        StructureCode::ElemFlags => &ELEM_FLAGS,
        StructureCode::SlackNonzero => &SLACK_NONZERO,
        StructureCode::KeyOrder => &KEY_ORDER,
        StructureCode::KeyDup => &KEY_DUP,
        StructureCode::KeyBelowParent => &KEY_BELOW_PARENT,
        StructureCode::KeyNotParent => &KEY_NOT_PARENT,
        StructureCode::KeyAboveParent => &KEY_ABOVE_PARENT,
        StructureCode::BucketHeader => &BUCKET_HEADER,
        StructureCode::BucketValueSize => &BUCKET_VALUE_SIZE,
        StructureCode::InlineShort => &INLINE_SHORT,
        StructureCode::InlineType => &INLINE_TYPE,
        StructureCode::InlineHeader => &INLINE_HEADER,
        StructureCode::InlineNested => &INLINE_NESTED,
        StructureCode::InlineBig => &INLINE_BIG,
        StructureCode::TailNonzero => &TAIL_NONZERO,
    }
}

/// A problem of the structure, in the bucket with this path.
pub fn finding(problem: &StructureProblem, bucket: Option<String>) -> Finding {
    let place = Place {
        bucket,
        page: problem.page,
        element: problem.element.map(u32::from),
        offset: Some(problem.offset),
        ..Place::default()
    };
    Finding::new(of(problem.code), place, problem.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_has_a_kind_of_its_name_and_severity() {
        assert_eq!(ALL.len(), StructureCode::ALL.len());
        for (kind, code) in ALL.iter().zip(StructureCode::ALL) {
            assert_eq!((of(*code).id, of(*code).severity), (code.as_str(), code.severity()));
            assert_eq!(kind.id, code.as_str(), "the catalogue is in the order of the codes");
        }
    }
}
