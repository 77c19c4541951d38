# Commands for contributors: `just --list` shows them, CONTRIBUTING.md says what each needs. `.ci/run` calls them too.

# The quick gate: formatting, lints, tests; needs Rust and a C compiler
check: format clippy test

# Formatting
format:
    cargo fmt --all --check

# Lints
clippy:
    cargo clippy --workspace --all-targets --locked -- -D warnings

# Tests: the command of the README
test:
    cargo test --workspace --locked

# Documentation of all crates, with links that lead somewhere
docs:
    RUSTDOCFLAGS='-D warnings' cargo doc --workspace --no-deps --locked

# Spelling; needs typos
typos:
    typos

# Comparison with real etcd 3.4 to 3.8, which it installs first; for example `just peers --only hashkv`
peers *arguments:
    .ci/install-peers
    cargo build --release --locked --package etcdsnap
    cargo build --release --locked --package etcdsnap-testkit --example synth
    python3 .ci/peers {{ arguments }}

# Fuzz targets, all or those named, FUZZ_SECONDS (10) each; needs cargo-fuzz and a nightly toolchain
fuzz *targets:
    .ci/fuzz {{ targets }}

# Speed, layer by layer; docs/performance.md says how to compare whole commands
bench *arguments:
    cargo bench --package etcdsnap-benches {{ arguments }}

# Which lines the tests reach, as target/llvm-cov/html; needs cargo-llvm-cov
coverage:
    cargo llvm-cov --workspace --locked --html
