//! Which quotes a text gets: plain, single, double, or the literal block (docs/format/kubernetes.md#yaml-quotes).
//!
//! libyaml, which go-yaml is a port of, looks at a text once and decides from that.

/// How a text is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Style {
    Plain,
    Single,
    Double,
    Literal,
}

/// What a text allows.
#[derive(Clone, Copy, Debug)]
struct Analysis {
    /// It holds line breaks of any kind.
    multiline: bool,
    plain: bool,
    single: bool,
    block: bool,
}

/// Line breaks as YAML 1.1 knows them: CR, LF, NEL, LS, PS.
pub(super) fn is_break(char: char) -> bool {
    matches!(char, '\n' | '\r' | '\u{85}' | '\u{2028}' | '\u{2029}')
}

/// Characters that need no escape. Everything above the basic plane does, and so does a tab.
pub(super) fn is_printable(char: char) -> bool {
    matches!(char, '\n' | ' '..='~' | '\u{a0}'..='\u{d7ff}' | '\u{e000}'..='\u{fffd}') && char != '\u{feff}'
}

fn is_blank(char: char) -> bool {
    matches!(char, ' ' | '\t')
}

/// The style of a text, and whether its line breaks matter to a key.
pub(super) fn choose(text: &str, is_key: bool, reads_back_plain: bool) -> Style {
    let analysis = Analysis::of(text);
    if text.contains('\n') {
        return if analysis.block && !is_key { Style::Literal } else { Style::Double };
    }
    if !reads_back_plain || is_key && analysis.multiline {
        return Style::Double;
    }
    if analysis.plain && !(is_key && text.is_empty()) {
        Style::Plain
    } else if analysis.single {
        Style::Single
    } else {
        Style::Double
    }
}

impl Analysis {
    fn of(text: &str) -> Self {
        let mut indicator = text.starts_with("---") || text.starts_with("...");
        let (mut special, mut breaks) = (false, false);
        let (mut break_space, mut space_break) = (false, false);
        let (mut after_space, mut after_break, mut after_white) = (false, false, true);
        let mut chars = text.chars().peekable();
        let mut first = true;
        while let Some(char) = chars.next() {
            let before_white = chars.peek().is_none_or(|next| is_blank(*next));
            indicator |= match char {
                ',' | '[' | ']' | '{' | '}' | '&' | '*' | '!' | '|' | '>' | '\'' | '"' | '%' | '@' | '`' => first,
                '?' | '-' => first && before_white,
                ':' => before_white,
                '#' => first || after_white,
                _ => false,
            };
            special |= !is_printable(char);
            if char == ' ' {
                break_space |= after_break;
            } else if is_break(char) {
                breaks = true;
                space_break |= after_space;
            }
            (after_space, after_break) = (char == ' ', is_break(char));
            after_white = is_blank(char) || after_break;
            first = false;
        }
        let edge = |char: Option<char>| char.is_some_and(|char| char == ' ' || is_break(char));
        let ragged = edge(text.chars().next()) || edge(text.chars().next_back());
        let trouble = space_break || special;
        Self {
            multiline: breaks,
            plain: !(ragged || break_space || trouble || breaks || indicator),
            single: !(break_space || trouble),
            block: !text.is_empty() && !text.ends_with(' ') && !trouble,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_get_the_least_quotes_they_need() {
        for (text, style) in [
            ("a b", Style::Plain),
            ("a:b", Style::Plain),
            ("-a", Style::Plain),
            ("a: b", Style::Single),
            ("a:", Style::Single),
            ("a #b", Style::Single),
            ("- a", Style::Single),
            ("---", Style::Single),
            (" a", Style::Single),
            ("a\tb", Style::Double),
            ("😀", Style::Double),
            ("a\u{2028}b", Style::Single),
            ("a\nb", Style::Literal),
            ("a \nb", Style::Double),
            ("a\nb ", Style::Double),
            ("a\n b", Style::Literal),
        ] {
            assert_eq!(choose(text, false, true), style, "{text:?}");
        }
        assert_eq!(choose("a\nb", true, true), Style::Double);
        assert_eq!(choose("yes", false, false), Style::Double);
    }
}
