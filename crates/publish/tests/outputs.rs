//! What stands under a name, before, after and without publishing.

use std::fs::{self, File};
use std::io::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use etcdsnap_publish::{Destination, Error, Existing, Inputs, NewFile, NewFolder, leftovers, vacant_beside};

fn mode(path: &Path) -> u32 {
    fs::metadata(path).expect("it exists").permissions().mode() & 0o7777
}

/// Names in a folder, sorted.
fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").file_name());
    let mut names: Vec<_> = entries.map(|name| name.to_string_lossy().into_owned()).collect();
    names.sort();
    names
}

fn file(target: &Path, existing: Existing) -> Result<NewFile, Error> {
    NewFile::create(&Destination::new(target, existing, &Inputs::none()), None)
}

fn member(target: &Path) -> Result<NewFolder, Error> {
    let new = NewFolder::create(target, None)?;
    new.create_folder("snap")?;
    new.create_file("snap/db")?.write_all(b"new").expect("room for three bytes");
    Ok(new)
}

#[test]
fn a_folder_appears_with_everything_in_it() -> Result<(), Error> {
    let folder = tempfile::tempdir().expect("a folder");
    let target = folder.path().join("a/b/etcd");
    let new = member(&target)?;
    assert!(!target.exists() && new.path().join("snap/db").exists());
    let published = new.publish(&Existing::Refuse)?;
    assert_eq!((published.path(), published.moved_aside()), (target.as_path(), None));
    assert_eq!(fs::read(target.join("snap/db")).expect("it is there"), b"new");
    let modes = ["", "snap", "snap/db"].map(|inside| mode(&target.join(inside)));
    assert_eq!(modes, [0o700, 0o700, 0o600]);
    assert_eq!(mode(&folder.path().join("a")), 0o700);
    assert_eq!(names(&folder.path().join("a/b")), ["etcd"]);
    Ok(())
}

#[test]
fn what_is_not_published_leaves_nothing() -> Result<(), Error> {
    let folder = tempfile::tempdir().expect("a folder");
    drop(member(&folder.path().join("a/b/etcd"))?);
    drop(file(&folder.path().join("c/d"), Existing::Refuse)?);
    assert!(names(folder.path()).is_empty());
    Ok(())
}

#[test]
fn an_existing_name_is_refused_and_left_alone() -> Result<(), Error> {
    let folder = tempfile::tempdir().expect("a folder");
    let target = folder.path().join("etcd");
    fs::create_dir(&target).expect("a folder");
    let refused = member(&target)?.publish(&Existing::Refuse).expect_err("the name is taken");
    assert!(matches!(&refused, Error::Exists { path } if *path == target), "{refused}");
    assert_eq!(names(folder.path()), ["etcd"]);
    assert!(names(&target).is_empty());
    Ok(())
}

#[test]
fn an_existing_folder_is_moved_aside_and_back() -> Result<(), Error> {
    let folder = tempfile::tempdir().expect("a folder");
    let target = folder.path().join("etcd");
    fs::create_dir(&target).expect("a folder");
    fs::write(target.join("old"), b"old").expect("a file");
    let aside = vacant_beside(&target, ".replaced");
    let published = member(&target)?.publish(&Existing::MoveTo(aside.clone()))?;
    assert_eq!(published.moved_aside(), Some(aside.as_path()));
    assert_eq!((names(&target), names(&aside)), (vec!["snap".to_owned()], vec!["old".to_owned()]));
    assert_eq!(vacant_beside(&target, ".replaced"), folder.path().join("etcd.replaced-2"));

    published.take_back()?;
    assert_eq!((names(folder.path()), names(&target)), (vec!["etcd".to_owned()], vec!["old".to_owned()]));

    member(&folder.path().join("other"))?.publish(&Existing::MoveTo(aside))?.take_back()?;
    assert_eq!(names(folder.path()), ["etcd"]);
    Ok(())
}

#[test]
fn a_file_is_replaced_at_once_and_stays_locked() -> Result<(), Error> {
    let folder = tempfile::tempdir().expect("a folder");
    let target = folder.path().join("db");
    fs::write(&target, b"old").expect("a file");
    assert!(matches!(file(&target, Existing::Refuse), Err(Error::Exists { .. })));
    let mut new = file(&target, Existing::Replace)?;
    new.file().write_all(b"new").expect("room for three bytes");
    let file = new.publish()?;
    assert_eq!((fs::read(&target).expect("it is there"), mode(&target)), (b"new".to_vec(), 0o600));
    assert!(File::open(&target).expect("it is there").try_lock().is_err());
    drop(file);
    assert!(File::open(&target).expect("it is there").try_lock().is_ok());
    assert_eq!(names(folder.path()), ["db"]);
    Ok(())
}

/// Leaves a folder and a file as a killed process would: nobody holds their locks.
fn killed(folder: &Path) -> Vec<PathBuf> {
    let inside = folder.join(".etcdsnap-0123456789abcdef");
    fs::create_dir_all(inside.join("member")).expect("folders");
    fs::write(inside.join("member/db"), b"half").expect("a file");
    let file = folder.join(".etcdsnap-fedcba9876543210");
    fs::write(&file, b"half").expect("a file");
    vec![inside, file]
}

#[test]
fn leftovers_of_the_dead_are_removed_and_the_living_are_spared() -> Result<(), Error> {
    let folder = tempfile::tempdir().expect("a folder");
    let left = killed(folder.path());
    for foreign in [".etcdsnap-short", "etcdsnap-0123456789abcdef"] {
        fs::write(folder.path().join(foreign), b"not ours").expect("a file");
    }
    let elsewhere = tempfile::tempdir().expect("a folder");
    fs::write(elsewhere.path().join("kept"), b"kept").expect("a file");
    let link = folder.path().join(".etcdsnap-00000000000000aa");
    std::os::unix::fs::symlink(elsewhere.path(), &link).expect("a link");

    let found: Vec<_> = leftovers(folder.path()).iter().map(|leftover| leftover.path().to_owned()).collect();
    assert_eq!(found, left);

    let first = member(&folder.path().join("one"))?;
    assert_eq!(first.removed_leftovers(), left);
    let second = file(&folder.path().join("two"), Existing::Refuse)?;
    assert!(second.removed_leftovers().is_empty());
    assert!(first.path().exists() && second.path().exists());
    drop((first, second));
    assert_eq!(names(folder.path()), [".etcdsnap-00000000000000aa", ".etcdsnap-short", "etcdsnap-0123456789abcdef"]);
    assert_eq!(names(elsewhere.path()), ["kept"]);
    Ok(())
}

#[test]
fn runs_at_the_same_time_do_not_hinder_each_other() {
    let folder = tempfile::tempdir().expect("a folder");
    std::thread::scope(|scope| {
        for run in 0..8 {
            let folder = folder.path();
            scope.spawn(move || {
                for turn in 0..25 {
                    let target = folder.join(format!("{run}-{turn}"));
                    drop(member(&target).expect("made").publish(&Existing::Refuse).expect("a free name"));
                    assert!(target.join("snap/db").exists());
                }
            });
        }
    });
    assert_eq!(names(folder.path()).len(), 200);
}

#[test]
fn one_of_many_gets_the_name() {
    let folder = tempfile::tempdir().expect("a folder");
    let target = folder.path().join("etcd");
    let all: Vec<_> = (0..8).map(|_| member(&target).expect("made")).collect();
    let published = std::thread::scope(|scope| {
        let runs: Vec<_> = all.into_iter().map(|new| scope.spawn(|| new.publish(&Existing::Refuse).is_ok())).collect();
        runs.into_iter().map(|run| run.join().expect("no panic")).filter(|published| *published).count()
    });
    assert_eq!((published, names(folder.path())), (1, vec!["etcd".to_owned()]));
}

#[test]
fn errors_name_the_place() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("file");
    fs::write(&file, b"").expect("a file");
    let refused = NewFolder::create(&file.join("etcd"), None).expect_err("a file has no folders");
    assert!(refused.to_string().starts_with(&format!("{}: cannot open the folder", file.display())), "{refused}");
}

/// Nobody will ever write to this FIFO: the test ends only because it is not waited for.
#[test]
fn a_fifo_is_no_folder() {
    let folder = tempfile::tempdir().expect("a folder");
    let fifo = folder.path().join("fifo");
    assert!(Command::new("mkfifo").arg(&fifo).status().is_ok_and(|status| status.success()));
    assert!(file(&fifo.join("db"), Existing::Refuse).is_err());
}

/// The names in such a folder could not be made durable. To a privileged user it is as any other.
#[test]
fn a_folder_that_cannot_be_read_is_refused_at_once() {
    let folder = tempfile::tempdir().expect("a folder");
    let inside = folder.path().join("inside");
    fs::create_dir(&inside).expect("a folder");
    fs::set_permissions(&inside, fs::Permissions::from_mode(0o300)).expect("mine");
    let made = file(&inside.join("db"), Existing::Refuse);
    assert_eq!(made.is_ok(), File::open(&inside).is_ok());
    drop(made);
    fs::set_permissions(&inside, fs::Permissions::from_mode(0o700)).expect("mine");
    assert!(names(&inside).is_empty());
}

/// What comes under the name while the output is written is not replaced either.
#[test]
fn what_takes_the_name_meanwhile_is_spared() -> Result<(), Error> {
    let folder = tempfile::tempdir().expect("a folder");
    let [target, source] = ["out", "source"].map(|name| folder.path().join(name));
    fs::write(&source, "read").expect("a file");
    let inputs: Inputs = [&source].into_iter().collect();
    for existing in [Existing::Refuse, Existing::Replace] {
        let new = NewFile::create(&Destination::new(&target, existing, &inputs), None)?;
        fs::hard_link(&source, &target).expect("a link");
        assert!(matches!(new.publish(), Err(Error::Input { .. })));
        assert_eq!(fs::read(&target).expect("it is there"), b"read");
        fs::remove_file(&target).expect("removed");
    }
    assert_eq!(names(folder.path()), ["source"]);
    Ok(())
}

#[test]
fn only_a_folder_is_moved_aside_for_a_folder() -> Result<(), Error> {
    let folder = tempfile::tempdir().expect("a folder");
    let at = |name: &str| folder.path().join(name);
    fs::write(at("file"), "old").expect("a file");
    std::os::unix::fs::symlink(at("none"), at("link")).expect("a link");
    assert!(Command::new("mkfifo").arg(at("fifo")).status().is_ok_and(|status| status.success()));
    for name in ["fifo", "file", "link"] {
        let refused = member(&at(name))?.publish(&Existing::MoveTo(at("aside"))).expect_err("not a folder");
        assert!(matches!(refused, Error::NotAFolder { .. }), "{refused}");
    }
    assert_eq!(names(folder.path()), ["fifo", "file", "link"]);
    Ok(())
}
