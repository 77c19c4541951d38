//! The native commands as users and scripts meet them: the program is run, and its output and exit code are looked at.

mod db;
mod hash;
mod program;
mod status;
mod streams;
mod usage;
mod verify;
