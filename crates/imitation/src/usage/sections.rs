//! Help of etcdctl until 3.6: sections with capital titles, columns made with tabs.

use super::super::Compat;
use super::super::flags::{Flag, Kind};
use super::super::program::{Command, Found, Program};
use super::line;

/// Columns end at multiples of this.
const TAB: usize = 8;

/// Name, usage, versions, commands, description and flags.
pub fn page(program: &Program, found: &Found<'_>) -> String {
    let compat = program.compat;
    let indent = if compat >= Compat::V3_6 { "  " } else { "\t" };
    let command = found.command();
    let name = found.path.iter().skip(usize::from(!found.is_root())).map(|command| command.name).collect::<Vec<_>>();
    let (about, usage) = (command.about, line(found));
    let mut parts = vec![format!("NAME:\n{indent}{} - {about}\n\nUSAGE:\n{indent}{usage}\n", name.join(" "))];
    if found.is_root() {
        parts.push(format!("\nVERSION:\n{indent}{}\n", compat.release()));
    }
    if !command.commands.is_empty() {
        let gap = if compat >= Compat::V3_6 { "" } else { "\n" };
        parts.push(format!("\nAPI VERSION:\n{indent}{}\n{gap}\nCOMMANDS:\n", compat.api_version()));
        parts.push(columns(&runnable_below(command, "", indent)));
    }
    if !command.details.is_empty() {
        parts.push(format!("\nDESCRIPTION:\n{indent}{}\n", command.details));
    }
    parts.push(format!("\nOPTIONS:\n{}", columns(&rows(found.own_flags()))));
    if !found.is_root() {
        parts.push(format!("\nGLOBAL OPTIONS:\n{}", columns(&rows(found.inherited_flags()))));
    }
    parts.concat() + "\n"
}

/// The commands below this one that do something, with their names from here on.
fn runnable_below(command: &Command, above: &str, indent: &str) -> Vec<(String, &'static str)> {
    let mut children: Vec<&Command> = command.commands.iter().filter(|command| command.is_listed()).collect();
    children.sort_by_key(|command| command.name);
    let rows = children.iter().flat_map(|child| {
        let name = format!("{above}{}", child.name);
        let below = runnable_below(child, &format!("{name} "), indent);
        let own = child.is_runnable().then(|| (format!("{indent}{name}"), child.about));
        own.into_iter().chain(below)
    });
    rows.collect()
}

fn rows(mut flags: Vec<&Flag>) -> Vec<(String, &'static str)> {
    flags.sort_by_key(|flag| flag.name);
    flags.iter().map(|flag| (typed(flag), flag.about)).collect()
}

fn typed(flag: &Flag) -> String {
    let letter = flag.letter.map_or_else(|| " ".repeat(6), |letter| format!("  -{letter}, "));
    let value = match flag.kind {
        Kind::Switch => format!("[={}]", flag.default),
        Kind::Text | Kind::Path => format!("=\"{}\"", flag.default),
        Kind::List | Kind::Number | Kind::Unsigned | Kind::Duration => format!("={}", flag.default),
    };
    format!("{letter}--{}{value}", flag.name)
}

/// Two columns; tabs fill the first one up.
fn columns(rows: &[(String, &str)]) -> String {
    let length = |cell: &str| cell.trim_start_matches('\t').len();
    let widest = rows.iter().map(|(cell, _)| length(cell)).max().unwrap_or_default();
    let width = (widest + 1).next_multiple_of(TAB);
    let tabs = |cell: &str| "\t".repeat((width - length(cell)).div_ceil(TAB));
    rows.iter().map(|(cell, text)| [cell, tabs(cell).as_str(), text, "\n"].concat()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tabs_bring_the_second_column_in_line() {
        let rows = [("  role list".to_owned(), "a"), ("  role revoke-permission".to_owned(), "b")];
        assert_eq!(columns(&rows), "  role list\t\t\ta\n  role revoke-permission\tb\n");
        assert_eq!(columns(&[("\tsave".to_owned(), "c"), ("\trestore".to_owned(), "d")]), "\tsave\tc\n\trestore\td\n");
    }
}
