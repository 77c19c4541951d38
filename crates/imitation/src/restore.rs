//! `snapshot restore`: the flags and words of the originals around our own restore.

use std::ffi::OsStr;
use std::fs::File;
use std::io::{self, Read as _};
use std::ops::ControlFlow;
use std::path::{Component, Path, PathBuf};

use etcdsnap_bbolt::{ByteOrder, Db};
use etcdsnap_checksum::sha256::digest;
use etcdsnap_image::{Image, Mapping};
use etcdsnap_restore::{
    BumpPlan, ClusterRequest, ErrorClass, Membership, Release, RestoreContext, RestoreDestination, RestoreDraft,
    RestoreError, RestoreRequest, RestoredMembers, RevisionBump, hash_mismatch,
};
use etcdsnap_snapshot::container::{Container, Foreign, OpenError};
use etcdsnap_snapshot::progress::Silent;

use super::files::opening;
use super::flags::Parsed;
use super::log::{Field, Log};
use super::program::Program;
use super::read_commands::{BAD_ARGUMENTS, FAILED, Stop};
use super::{Compat, Failure, Host, Personality};

/// Exit code of a shell for a program that SIGINT ended.
const INTERRUPTED: u8 = 130;
/// The originals seek to where the SHA-256 would stand, whatever they do with it then.
const SHORTEST: u64 = 32;

/// Where in upstream's source the lines come from, by release line.
struct Places {
    restoring: &'static str,
    trimming: Option<&'static str>,
    /// Of both lines about a raised revision, where the releases that are imitated can raise it.
    bumping: Option<[&'static str; 2]>,
    added: &'static str,
    restored: &'static str,
}

impl Places {
    fn of(compat: Compat) -> Self {
        let (restoring, trimming, bumping, added, restored) = match compat {
            Compat::V3_4 => {
                ("snapshot/v3_snapshot.go:296", None, None, "membership/cluster.go:392", "snapshot/v3_snapshot.go:309")
            }
            Compat::V3_5 => (
                "snapshot/v3_snapshot.go:265",
                Some("membership/store.go:138"),
                Some(["snapshot/v3_snapshot.go:356", "snapshot/v3_snapshot.go:373"]),
                "membership/cluster.go:421",
                "snapshot/v3_snapshot.go:293",
            ),
            Compat::V3_6 => (
                "snapshot/v3_snapshot.go:305",
                Some("schema/membership.go:138"),
                Some(["snapshot/v3_snapshot.go:396", "snapshot/v3_snapshot.go:413"]),
                "membership/cluster.go:424",
                "snapshot/v3_snapshot.go:333",
            ),
            Compat::V3_7 | Compat::V3_8 => (
                "snapshot/v3_snapshot.go:306",
                Some("schema/membership.go:125"),
                Some(["snapshot/v3_snapshot.go:397", "snapshot/v3_snapshot.go:414"]),
                "membership/cluster.go:408",
                "snapshot/v3_snapshot.go:334",
            ),
        };
        Self { restoring, trimming, bumping, added, restored }
    }
}

/// Restores as the command line asks.
pub fn restore(program: &Program, host: &dyn Host, parsed: &Parsed, log: &mut Log<'_>) -> Result<(), Stop> {
    let compat = program.compat;
    let [file] = parsed.operands.as_slice() else {
        return Err(Stop::new(BAD_ARGUMENTS, "snapshot restore requires exactly one argument"));
    };
    let request = request(compat, parsed)?;
    let draft = RestoreDraft::new(&request, Some(host.resolver())).map_err(|error| stop(&error))?;
    let (places, paths) = (Places::of(compat), shown_paths(program, file, parsed));
    log.info(places.restoring, "restoring snapshot", &paths);
    let container = open(Path::new(file), compat, request.skip_hash_check)?;
    if Db::open(container.database()).is_ok_and(|db| db.order() != ByteOrder::HOST) {
        return Err(Stop::new(FAILED, Failure::InvalidDatabase.text(Path::new(file), compat)));
    }
    let plan = draft.plan(&container).map_err(|error| stop(&error))?;
    let interrupt = host.interrupt().map_err(|error| Stop::new(FAILED, error))?;
    let context = RestoreContext::new(&Silent, &interrupt);
    plan.execute(context).map_err(|error| stop(&error))?;
    if let Some(trimming) = places.trimming {
        log.info(trimming, "Trimming membership information from the backend...", &[]);
    }
    if let (Some([bumping, marking]), Some(bump)) = (places.bumping, plan.bump()) {
        tell_bump(bumping, marking, bump, log);
    }
    tell_members(compat, places.added, plan.membership(), log);
    log.info(places.restored, "restored snapshot", &paths);
    Ok(())
}

fn request(compat: Compat, parsed: &Parsed) -> Result<RestoreRequest<'_>, Stop> {
    let text = |name: &str, default| parsed.text(name).unwrap_or(default);
    let path = |name: &str| parsed.path(name).map(without_detours);
    let bump = RevisionBump::from_flags(parsed.unsigned("bump-revision").unwrap_or(0), parsed.switch("mark-compacted"));
    Ok(RestoreRequest {
        cluster: ClusterRequest {
            restored: RestoredMembers::Member {
                name: text("name", ClusterRequest::DEFAULT_NAME),
                advertised: Some(text("initial-advertise-peer-urls", ClusterRequest::DEFAULT_ADVERTISED)),
            },
            initial_cluster: text("initial-cluster", ClusterRequest::DEFAULT_INITIAL_CLUSTER),
            token: text("initial-cluster-token", ClusterRequest::DEFAULT_TOKEN),
            learners: &[],
        },
        output: RestoreDestination::Member { data_dir: path("data-dir"), wal_dir: path("wal-dir") },
        // The newest patch release of 3.5 has taken over the rules of 3.6 for URLs.
        rules: if compat == Compat::V3_5 { Release::V3_6 } else { release(compat) },
        style: release(compat),
        skip_hash_check: parsed.switch("skip-hash-check"),
        bump: bump.map_err(|error| stop(&error))?,
        ..RestoreRequest::default()
    })
}

fn release(compat: Compat) -> Release {
    match compat {
        Compat::V3_4 => Release::V3_4,
        Compat::V3_5 => Release::V3_5,
        Compat::V3_6 => Release::V3_6,
        Compat::V3_7 => Release::V3_7,
        Compat::V3_8 => Release::V3_8,
    }
}

fn stop(error: &RestoreError) -> Stop {
    let code = match error {
        RestoreError::Interrupted(_) => INTERRUPTED,
        _ if error.class() == ErrorClass::BadArguments => BAD_ARGUMENTS,
        _ => FAILED,
    };
    Stop::new(code, error.to_string())
}

/// Opens the file as it is: a compressed one is no snapshot to the originals.
///
/// They look for the SHA-256 of whatever they are given. Without `skip_hash_check` a file that is no database stops
/// them there; with it they panic, and ours says what the file is.
fn open(path: &Path, compat: Compat, skip_hash_check: bool) -> Result<Container, Stop> {
    readable(path)
        .map_err(|(operation, error)| Stop::new(FAILED, Failure::Io { operation, error }.text(path, compat)))?;
    match Container::open(path, &opening()) {
        Ok(container) => Ok(container),
        Err(error) if error.is_damage() && !skip_hash_check => Err(Stop::new(FAILED, unproven(path, &error))),
        Err(OpenError::NotADatabase { name, looks_like: looks_like @ Foreign::Compressed(_), .. }) => {
            Err(Stop::new(FAILED, format!("{name}: not an etcd database but {looks_like}; decompress it first")))
        }
        Err(error) => Err(Stop::new(FAILED, error.to_string())),
    }
}

/// What the originals say of a file that is no database: its length leaves no room for a SHA-256, or the last 32 bytes
/// are not that of the others.
fn unproven(path: &Path, error: &OpenError) -> String {
    if path.metadata().is_ok_and(|metadata| metadata.len() % 512 != SHORTEST) {
        return RestoreError::MissingHash { length: None, explanation: None }.to_string();
    }
    let Ok(image) = Image::open(path, Mapping::Auto) else { return error.to_string() };
    let hashed = image.bytes().split_last_chunk::<32>().and_then(|(content, expected)| {
        let got = digest(content, &mut |_| ControlFlow::Continue(()))?;
        Some(hash_mismatch(expected, &got))
    });
    hashed.unwrap_or_else(|| error.to_string())
}

/// What the originals notice before they copy anything: the system call that fails, and how.
fn readable(path: &Path) -> Result<(), (&'static str, io::Error)> {
    let metadata = path.metadata().map_err(|error| ("open", error))?;
    if metadata.is_dir() {
        return Err(("read", io::ErrorKind::IsADirectory.into()));
    }
    if metadata.is_file() && metadata.len() < SHORTEST {
        return Err(("seek", io::Error::from_raw_os_error(22)));
    }
    if metadata.is_file() {
        let mut file = File::open(path).map_err(|error| ("open", error))?;
        file.read_exact(&mut [0; 1]).map_err(|error| ("read", error))?;
    }
    Ok(())
}

/// The fields of the first and last line.
fn shown_paths(program: &Program, file: &OsStr, parsed: &Parsed) -> Vec<(&'static str, Field)> {
    let name = parsed.text("name").unwrap_or(ClusterRequest::DEFAULT_NAME);
    let data = parsed.path("data-dir").map_or_else(|| format!("{name}.etcd").into(), Path::to_owned);
    let wal = parsed.path("wal-dir").map_or_else(|| joined(&data, "member/wal"), Path::to_owned);
    let shown = |path: &OsStr| Field::Text(path.to_string_lossy().into_owned());
    let mut fields = vec![
        ("path", shown(file)),
        ("wal-dir", shown(wal.as_os_str())),
        ("data-dir", shown(data.as_os_str())),
        ("snap-dir", shown(joined(&data, "member/snap").as_os_str())),
    ];
    if program.compat >= Compat::V3_5 {
        // The tools have different defaults.
        let default = if program.personality == Personality::Etcdctl { 0 } else { 10 << 30 };
        let size = parsed.unsigned("initial-memory-map-size").unwrap_or(default);
        fields.push(("initial-memory-map-size", Field::Number(size.into())));
    }
    fields
}

/// The originals make no folder only to leave it by `..` again. Any other path stays as it was given: errors show it.
fn without_detours(path: &Path) -> PathBuf {
    let has_detour = path.components().any(|component| component == Component::ParentDir);
    if has_detour { joined(path, "") } else { path.into() }
}

/// As Go joins paths: without `.`, without `..` where something can be left out for it.
fn joined(folder: &Path, inside: &str) -> PathBuf {
    let mut clean = PathBuf::new();
    for component in folder.join(inside).components() {
        match (component, clean.components().next_back()) {
            (Component::CurDir, _) | (Component::ParentDir, Some(Component::RootDir)) => {}
            (Component::ParentDir, Some(Component::Normal(_))) => _ = clean.pop(),
            _ => clean.push(component),
        }
    }
    clean
}

fn tell_bump(bumping: &str, marking: &str, bump: &BumpPlan, log: &mut Log<'_>) {
    let [from, to] = [bump.from, bump.to].map(i128::from);
    let fields = [
        ("latest-revision", Field::Number(from)),
        ("bump-amount", Field::Number(to - from)),
        ("new-latest-revision", Field::Number(to)),
    ];
    log.info(bumping, "bumping latest revision", &fields);
    log.info(marking, "marking revision compacted", &[("revision", Field::Number(to))]);
}

fn tell_members(compat: Compat, place: &str, membership: &Membership, log: &mut Log<'_>) {
    let cluster = format!("{:x}", membership.cluster_id().0);
    for member in membership.members() {
        let mut fields = vec![
            ("cluster-id", Field::Text(cluster.clone())),
            ("local-member-id", Field::from("0")),
            ("added-peer-id", Field::Text(format!("{:x}", member.id.0))),
            ("added-peer-peer-urls", Field::Texts(member.peer_urls.texts())),
        ];
        if compat >= Compat::V3_5 {
            fields.push(("added-peer-is-learner", Field::Switch(member.learner)));
        }
        log.info(place, "added member", &fields);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_joined_as_go_does() {
        let cases = [
            ("a.etcd", "a.etcd/member/wal"),
            ("./a//b/", "a/b/member/wal"),
            ("a/../b", "b/member/wal"),
            ("../a", "../a/member/wal"),
            ("/../a/./b/..", "/a/member/wal"),
            (".", "member/wal"),
        ];
        for (folder, expected) in cases {
            assert_eq!(joined(Path::new(folder), "member/wal"), Path::new(expected));
        }
        assert_eq!(without_detours(Path::new("./x/../b.etcd/")), Path::new("b.etcd"));
        assert_eq!(without_detours(Path::new("./b//c/")).as_os_str(), "./b//c/");
    }
}
