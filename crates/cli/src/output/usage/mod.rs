//! What `usage` prints: an account of every byte, as text, as JSON, and as a page with a map.

mod document;
mod hints;
mod html;
mod text;

pub use document::Document;
pub use hints::is_worth_it;
pub use html::html;
pub use text::text;
