//! Any pod manifest, unit or environment file, or two of them: its settings are found, or the reason is told.

#![no_main]

use etcdsnap_restore::manifest::{Manifest, Setting, ManifestFile};
use libfuzzer_sys::fuzz_target;

/// Stands between two files.
const BETWEEN: &str = "\n=====\n";

fuzz_target!(|text: &str| {
    read(&[ManifestFile { label: "one", text }]);
    if let Some((one, other)) = text.split_once(BETWEEN) {
        read(&[ManifestFile { label: "one", text: one }, ManifestFile { label: "etcd.env", text: other }]);
    }
});

fn read(sources: &[ManifestFile<'_>]) {
    let manifest = match Manifest::read(sources) {
        Ok(manifest) => manifest,
        Err(error) => return assert!(!error.to_string().is_empty()),
    };
    assert!(!manifest.found().is_empty());
    for found in manifest.found() {
        assert!(!found.place.to_string().is_empty());
        if let Err(error) = manifest.get(found.setting) {
            assert!(!error.to_string().is_empty());
        }
    }
    for setting in [Setting::DataDir, Setting::WalDir] {
        if let Ok(Some(directory)) = manifest.directory(setting) {
            assert_eq!(manifest.get(setting), Ok(Some(directory.path.as_str())));
        }
    }
}
