//! Benches only; this library is empty.
