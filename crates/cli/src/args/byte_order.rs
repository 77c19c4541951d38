//! Byte orders on the command line, by their names and by those of architectures.

use etcdsnap_bbolt::ByteOrder;

/// `--byte-order`
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum OrderChoice {
    /// For x86-64, arm64, ppc64le, riscv64 and most others
    Little,
    /// For s390x, ppc64 and mips
    Big,
}

/// The byte order that was chosen, or that of this machine.
pub fn chosen(choice: Option<OrderChoice>) -> ByteOrder {
    match choice {
        None => ByteOrder::HOST,
        Some(OrderChoice::Little) => ByteOrder::Little,
        Some(OrderChoice::Big) => ByteOrder::Big,
    }
}

/// The byte order of an architecture, by the names that Go and uname give it.
pub fn of_architecture(name: &str) -> Result<ByteOrder, &'static str> {
    match name {
        "386" | "amd64" | "arm" | "arm64" | "loong64" | "mips64le" | "mipsle" | "ppc64le" | "riscv64" | "aarch64"
        | "i386" | "i686" | "x86_64" => Ok(ByteOrder::Little),
        "mips" | "mips64" | "ppc64" | "s390x" => Ok(ByteOrder::Big),
        _ => Err("not an architecture such as amd64, arm64, ppc64le or s390x"),
    }
}
