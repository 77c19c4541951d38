//! Any stored value: decoding ends, what it gives can be written and read back, and errors show nothing of the value.

#![no_main]

use etcdsnap_fuzz::objects::exercise;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|value: &[u8]| exercise(value));
