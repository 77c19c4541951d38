//! Usage of etcdutl, and of etcdctl since 3.7.

use super::super::flags::{Flag, Kind};
use super::super::program::{Found, Manner, Program};
use super::{Page, line};

/// Narrowest column for the names of commands.
const NAMES: usize = 11;

/// Usage line, commands and flags.
pub fn page(program: &Program, found: &Found<'_>, page: Page) -> String {
    let command = found.command();
    let mut parts = vec!["Usage:\n".to_owned()];
    if command.is_runnable() {
        parts.push(format!("  {}\n", line(found)));
    }
    let mut listed: Vec<_> = command.commands.iter().filter(|command| command.is_listed()).collect();
    listed.sort_by_key(|command| command.name);
    if !listed.is_empty() {
        parts.push(format!("  {} [command]\n\nAvailable Commands:\n", found.name()));
        parts.extend(listed.iter().map(|command| format!("  {:NAMES$} {}\n", command.name, command.about)));
    }
    let hides_global_flags = program.manner == Manner::Described;
    let mut own = found.own_flags();
    own.retain(|flag| (page.help_flag || flag.name != "help") && !(hides_global_flags && found.is_root()));
    parts.push(section("Flags", &own));
    if !hides_global_flags {
        parts.push(section("Global Flags", &found.inherited_flags()));
    }
    if !listed.is_empty() {
        let name = found.name();
        parts.push(format!("\nUse \"{name} [command] --help\" for more information about a command.\n"));
    }
    parts.concat()
}

fn section(title: &str, list: &[&Flag]) -> String {
    if list.is_empty() { String::new() } else { format!("\n{title}:\n{}", flags(list)) }
}

/// One line a flag, by name: what to type, what it is, and the default where that is not nothing.
pub fn flags(list: &[&Flag]) -> String {
    let mut list: Vec<&Flag> = list.to_vec();
    list.sort_by_key(|flag| flag.name);
    let typed: Vec<String> = list.iter().map(|flag| typed(flag)).collect();
    let width = typed.iter().map(String::len).max().unwrap_or_default();
    let line = |(flag, typed): (&&Flag, &String)| format!("{typed:width$}   {}{}\n", flag.about, default(flag));
    list.iter().zip(&typed).map(line).collect::<Vec<_>>().concat()
}

fn typed(flag: &Flag) -> String {
    let letter = flag.letter.map_or_else(|| " ".repeat(6), |letter| format!("  -{letter}, "));
    let value = match flag.kind {
        Kind::Switch => "",
        Kind::Text | Kind::Path => " string",
        Kind::List => " strings",
        Kind::Number => " int",
        Kind::Unsigned => " uint",
        Kind::Duration => " duration",
    };
    format!("{letter}--{}{value}", flag.name)
}

fn default(flag: &Flag) -> String {
    match (flag.kind, flag.default) {
        (_, "" | "0" | "false") => String::new(),
        (Kind::Text | Kind::Path, default) => format!(" (default \"{default}\")"),
        (_, default) => format!(" (default {default})"),
    }
}
