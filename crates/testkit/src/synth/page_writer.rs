//! Writes pages to a file, consecutive ones together, and the trailer at the end.

use std::io::{self, Read, Seek, SeekFrom, Write};

use sha2::{Digest, Sha256};

/// Number of bytes that are collected before they are written.
const BLOCK: usize = 1 << 20;

/// A database file that is being written, its pages in any order.
pub(super) struct PageWriter<F> {
    file: F,
    page_size: u64,
    /// Byte offset of `pending` in the file.
    start: u64,
    /// Bytes not written yet.
    pending: Vec<u8>,
}

impl<F: Read + Write + Seek> PageWriter<F> {
    pub fn new(file: F, page_size: u32) -> Self {
        PageWriter { file, page_size: page_size.into(), start: 0, pending: Vec::with_capacity(2 * BLOCK) }
    }

    /// Writes `bytes` at the start of a page.
    pub fn put(&mut self, page: u64, bytes: &[u8]) -> io::Result<()> {
        let at = page * self.page_size;
        if at != self.start + self.pending.len() as u64 || self.pending.len() >= BLOCK {
            self.flush()?;
            self.start = at;
        }
        self.pending.extend_from_slice(bytes);
        Ok(())
    }

    /// Extends the file to `pages` pages and appends the trailer, if `with_trailer` is set.
    pub fn finish(mut self, pages: u64, with_trailer: bool) -> io::Result<()> {
        self.flush()?;
        let len = pages * self.page_size;
        if self.file.seek(SeekFrom::End(0))? < len {
            self.file.seek(SeekFrom::Start(len - 1))?;
            self.file.write_all(&[0])?;
        }
        if with_trailer {
            let digest = self.digest(len)?;
            self.file.seek(SeekFrom::Start(len))?;
            self.file.write_all(&digest)?;
        }
        self.file.flush()
    }

    fn flush(&mut self) -> io::Result<()> {
        if !self.pending.is_empty() {
            self.file.seek(SeekFrom::Start(self.start))?;
            self.file.write_all(&self.pending)?;
            self.pending.clear();
        }
        Ok(())
    }

    fn digest(&mut self, len: u64) -> io::Result<Vec<u8>> {
        self.file.seek(SeekFrom::Start(0))?;
        let mut hash = Sha256::new();
        let mut block = vec![0; BLOCK];
        let mut rest = (&mut self.file).take(len);
        loop {
            let read = rest.read(&mut block)?;
            if read == 0 {
                return Ok(hash.finalize().to_vec());
            }
            hash.update(&block[..read]);
        }
    }
}
