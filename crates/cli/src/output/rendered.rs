//! Expected output as plain files under `tests/rendered/`, compared to the byte.
//!
//! `ETCDSNAP_UPDATE_RENDERED=1 cargo test -p etcdsnap` writes them anew; read the difference before committing it.

use std::path::Path;

/// Compares `text`, without its styles, with the expected file `name`.
#[track_caller]
pub fn assert_rendered(name: &str, text: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/rendered").join(name);
    let text = anstream::adapter::strip_str(text).to_string();
    if std::env::var_os("ETCDSNAP_UPDATE_RENDERED").is_some() {
        std::fs::write(&path, &text).expect("write the expected file");
    }
    let expected = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    assert!(text == expected, "{name} differs.\n--- expected\n{expected}\n--- rendered\n{text}");
}
