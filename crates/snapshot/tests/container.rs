//! What a FILE argument may be, and what is said about everything else.

mod container {
    mod compressed;
    mod database;
    mod foreign;
    mod line_ends;
    mod places;
    mod samples;
    mod spooled;
    mod zip;
}
