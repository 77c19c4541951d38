//! Databases written anew: what comes out has all that went in, and what may not be written leaves nothing behind.

mod bench;
mod defrag;
mod in_place;
mod migrate;
mod salvage;
