//! The catalogue of findings keeps its form, and `docs/findings.md` says what it says.

mod catalogue {
    mod document;
    mod form;
}
