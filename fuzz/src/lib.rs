//! What the fuzz targets and their seeds share: inputs that get past the first check, and answers to compare.

pub mod answers;
pub mod entries;
pub mod log;
pub mod metas;
pub mod objects;
