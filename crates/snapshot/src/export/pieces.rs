//! Turning rows into text on all threads, in order and in bounded memory.
//!
//! Rows are cut into pieces of some hundred kilobytes of text, as many pieces as keep the threads busy are made at a time, and
//! they are written in order. A row that is itself larger than a piece is not made at all: it goes straight to
//! the output, so that no value is ever held as text.

use std::io::{self, Write};

use rayon::prelude::*;

use super::Cell;

/// Text in a piece, in bytes; roughly.
const PIECE: usize = 256 << 10;
/// Pieces that are made at a time.
const PIECES: usize = 16;

/// Writes one row as text.
pub(super) trait Rows: Sync {
    /// Cells in a row.
    fn width(&self) -> usize;

    /// Writes a row; `first` says that it is the first of all.
    fn row(&self, row: &[Cell<'_>], first: bool, out: &mut impl Write) -> io::Result<()>;
}

/// Some rows that make about a piece of text.
struct Piece<'c, 'a> {
    cells: &'c [Cell<'a>],
    weight: usize,
    first: bool,
}

/// Writes all rows of `cells`; `first` says whether the first of them is the first of all.
pub(super) fn write(rows: &impl Rows, cells: &[Cell<'_>], first: bool, out: &mut impl Write) -> io::Result<()> {
    for pieces in cut(rows.width(), cells, first).chunks(PIECES) {
        let made: Vec<_> = pieces.par_iter().map(|piece| make(rows, piece)).collect();
        for (piece, made) in pieces.iter().zip(made) {
            match made {
                Some(text) => out.write_all(&text?)?,
                None => rows.row(piece.cells, piece.first, out)?,
            }
        }
    }
    Ok(())
}

/// The text of a piece; `None` when it is a single large row.
fn make(rows: &impl Rows, piece: &Piece<'_, '_>) -> Option<io::Result<Vec<u8>>> {
    if piece.weight > 2 * PIECE {
        return None;
    }
    let mut text = Vec::with_capacity(piece.weight + piece.weight / 2);
    let written = piece
        .cells
        .chunks(rows.width().max(1))
        .enumerate()
        .try_for_each(|(number, row)| rows.row(row, piece.first && number == 0, &mut text));
    Some(written.map(|()| text))
}

/// Cuts rows into pieces; a large row is a piece of its own.
fn cut<'c, 'a>(width: usize, cells: &'c [Cell<'a>], first: bool) -> Vec<Piece<'c, 'a>> {
    let width = width.max(1);
    let mut pieces = Vec::new();
    let (mut start, mut weight) = (0, 0);
    for (number, row) in cells.chunks(width).enumerate() {
        let (at, row) = (number * width, weigh(row));
        if at > start && weight + row > PIECE {
            pieces.push(Piece { cells: &cells[start..at], weight, first: first && start == 0 });
            (start, weight) = (at, 0);
        }
        weight += row;
    }
    if start < cells.len() {
        pieces.push(Piece { cells: &cells[start..], weight, first: first && start == 0 });
    }
    pieces
}

/// About as many bytes as a row will take.
fn weigh(row: &[Cell<'_>]) -> usize {
    let weigh = |cell: &Cell<'_>| match cell {
        Cell::Bytes(bytes) => 24 + bytes.len() + bytes.len() / 3,
        Cell::Text(text) => 24 + text.len(),
        Cell::Json(json) => 24 + json.len(),
        _ => 24,
    };
    row.iter().map(weigh).sum()
}
