//! Words of a command line, as shells and systemd quote them.

/// Splits a line of a unit into words.
pub(super) fn split(text: &str) -> Vec<String> {
    commands(text, false).into_iter().flatten().collect()
}

/// Splits a shell script into commands, and each into words. Redirections count as ends of commands.
pub(super) fn split_script(text: &str) -> Vec<Vec<String>> {
    commands(text, true)
}

fn commands(text: &str, script: bool) -> Vec<Vec<String>> {
    let mut commands = Vec::new();
    let mut words = Vec::new();
    // `Some` as soon as a word has begun, even one of nothing but quotes.
    let mut word: Option<String> = None;
    let mut rest = text.chars();
    while let Some(c) = rest.next() {
        match c {
            '#' if script && word.is_none() => {
                let line = rest.as_str();
                rest = line[line.find('\n').unwrap_or(line.len())..].chars();
            }
            '\\' => match rest.next() {
                Some('\n') | None => {}
                Some(c) => word.get_or_insert_default().push(c),
            },
            '\'' | '"' => quoted(c, &mut rest, word.get_or_insert_default()),
            c if script && matches!(c, ';' | '&' | '|' | '<' | '>' | '\n') => {
                words.extend(word.take());
                commands.push(std::mem::take(&mut words));
            }
            c if c.is_whitespace() => words.extend(word.take()),
            c => word.get_or_insert_default().push(c),
        }
    }
    words.extend(word);
    commands.push(words);
    commands.retain(|words| !words.is_empty());
    commands
}

/// Reads up to the closing quote, or the end.
fn quoted(quote: char, rest: &mut std::str::Chars<'_>, word: &mut String) {
    while let Some(c) = rest.next() {
        match c {
            c if c == quote => return,
            '\\' if quote == '"' => match rest.next() {
                Some('\n') | None => {}
                Some(c @ ('"' | '\\' | '$' | '`')) => word.push(c),
                Some(c) => word.extend(['\\', c]),
            },
            c => word.push(c),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn quotes_keep_words_together() {
        assert_eq!(split(r#"a "b  c"d 'e"f' "" g\ h "i\"j\k" 'l"#), ["a", "b  cd", "e\"f", "", "g h", "i\"j\\k", "l"]);
        assert_eq!(split("a;b # c"), ["a;b", "#", "c"]);
    }

    #[test]
    fn scripts_are_commands() {
        let script = "set -e # etcd --name=x\nexec etcd \\\n --name='a;b' \"--data-dir=$D\" 2>&1 | tee log";
        let expected: [&[&str]; 5] =
            [&["set", "-e"], &["exec", "etcd", "--name=a;b", "--data-dir=$D", "2"], &["1"], &["tee", "log"], &[]];
        assert_eq!(split_script(script), expected[..4]);
    }

    proptest! {
        #[test]
        fn quoted_words_come_back(words: Vec<String>) {
            let line: Vec<_> = words.iter().map(|word| format!("'{}'", word.replace('\'', "'\\''"))).collect();
            prop_assert_eq!(split(&line.join(" ")), words);
        }

        #[test]
        fn any_text_has_words(text: String) {
            _ = (split(&text), split_script(&text));
        }
    }
}
