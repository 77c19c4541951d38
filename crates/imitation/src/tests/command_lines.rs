//! Several hundred command lines, right and wrong, as the original tools answered them
//! (`testdata/etcd/command-lines.jsonl`).
//!
//! Where a tool printed help, the recording has only the lines around it, and on which stream the help was.

use serde::Deserialize;
use std::fs;

use super::*;

#[derive(Deserialize)]
struct Recorded {
    tool: String,
    line: String,
    args: Vec<String>,
    code: u8,
    stdout: String,
    stderr: String,
    help: Option<String>,
}

/// The files that recorded command lines name in braces.
struct Files {
    folder: tempfile::TempDir,
    snapshot: PathBuf,
}

const NAMES: [&str; 7] = ["empty", "directory", "short", "tiny", "page", "noise", "missing"];

impl Files {
    fn new(snapshot: PathBuf) -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("directory")).unwrap();
        for (name, length) in [("empty", 0), ("short", 100), ("tiny", 3000), ("page", 4096), ("noise", 8192)] {
            fs::write(folder.path().join(name), vec![0xa5; length]).unwrap();
        }
        Self { folder, snapshot }
    }

    fn fill(&self, word: &str) -> String {
        let mut filled = word.replace("{snapshot}", self.snapshot.to_str().unwrap());
        for name in NAMES {
            filled = filled.replace(&format!("{{{name}}}"), self.folder.path().join(name).to_str().unwrap());
        }
        filled
    }
}

/// The lines around a help text.
fn without_help(text: &str) -> String {
    let around = ["Error: ", "Unknown help topic ", "Run ", "Deprecated: "];
    let lines = text.split_inclusive('\n').filter(|line| around.iter().any(|start| line.starts_with(start)));
    lines.collect()
}

fn has_help(text: &str) -> bool {
    ["Usage:\n", "NAME:\n", "Every command takes these flags:\n"].iter().any(|start| text.contains(start))
}

#[test]
fn every_recorded_command_line_is_answered_alike() {
    let recording = Recording::of("etcd-3.6.14-seed1");
    let files = Files::new(recording.snapshot.clone());
    let lines = fs::read_to_string(recordings().join("command-lines.jsonl")).unwrap();
    for line in lines.lines().map(|line| serde_json::from_str::<Recorded>(line).unwrap()) {
        let (personality, _) = Personality::from_name(&line.tool).unwrap();
        let compat = Compat::from_setting(Some(line.line.as_ref())).unwrap();
        let args: Vec<OsString> = line.args.iter().map(|arg| files.fill(arg).into()).collect();
        let mut ours = ran(personality, compat, &args, &recording);
        if let Some(stream) = &line.help {
            let text = if stream == "stdout" { &mut ours.out } else { &mut ours.err };
            assert!(has_help(text), "{} {} {:?} prints help to {stream}, not {text}", line.tool, line.line, line.args);
            *text = without_help(text);
        }
        let recorded = Ran { code: line.code, out: files.fill(&line.stdout), err: files.fill(&line.stderr) };
        assert_eq!(ours, recorded, "{} {} {:?}", line.tool, line.line, line.args);
    }
}

#[test]
fn a_path_that_is_no_text_is_shown_as_it_is() {
    #[cfg(unix)]
    {
        use std::os::unix::ffi::OsStringExt;
        let mut args = words(&["snapshot", "status"]);
        args.push(OsString::from_vec(b"/nowhere/\xff".to_vec()));
        let (mut out, mut err) = (Vec::new(), Vec::new());
        let recording = Recording::of("etcd-3.6.14-seed1");
        run(Personality::Etcdutl, Compat::V3_7, &args, &recording, &Unreachable, &mut out, &mut err).unwrap();
        assert_eq!(err, b"Error: stat /nowhere/\xff: no such file or directory\n");
    }
}
