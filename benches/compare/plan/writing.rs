//! Commands that write databases: restores and defragmentations beside etcdutl's, and beside a mere copy.

use std::path::Path;

use crate::case::{Case, Input};
use crate::database::Database;
use crate::goal::Goal;
use crate::programs::{Programs, of_system};

/// The release whose etcdutl is measured.
const RELEASE: &str = "3.7";
const COPY: &str = "cp and sync";
const COPIES: &str = "three times cp and sync";
const RESTORE: &str = "etcdutl 3.7 snapshot restore";
const RESTORES: &str = "three times etcdutl 3.7 snapshot restore";
const DEFRAG: &str = "etcdutl 3.7 defrag";
const CLUSTER: &str = "a=http://127.0.0.1:2380,b=http://127.0.0.2:2380,c=http://127.0.0.3:2380";

/// Everything that writes as much as it reads. The folder `scratch` has room for seven more of the database; `shared` says
/// whether files can have the same blocks there.
pub fn writing(programs: &Programs, database: &Database, scratch: &Path, shared: bool) -> Vec<Case> {
    let input = database.input();
    let mut cases = of_others(programs, &input, scratch);
    cases.extend(ours(programs, &input, scratch, shared));
    cases
}

fn of_others(programs: &Programs, input: &Input, scratch: &Path) -> Vec<Case> {
    let copies = of_system("sh").map(|shell| {
        let script = |name: &str, text: &str, output: &str| {
            Case::new(name, &shell, &["-c", text], input).writing(scratch.join(output))
        };
        [
            script(COPY, r#"cp --reflink=never "$0" "$1" && sync "$1""#, "copied.db"),
            script(
                COPIES,
                r#"mkdir "$1" && for member in a b c; do cp --reflink=never "$0" "$1/$member" && sync "$1/$member"; done"#,
                "copies",
            ),
        ]
    });
    let etcdutl = programs.etcdutl(RELEASE).map(|program| {
        let one = Case::new(RESTORE, &program, &["snapshot", "restore"], input);
        let data_dir = scratch.join("defragmented.etcd");
        let copy = Input { path: data_dir.join("member/snap/db"), ..input.clone() };
        let data_dir = data_dir.display().to_string();
        let defrag = Case::on_folder(DEFRAG, &program, &["defrag", "--data-dir", &data_dir], &copy);
        let mut cases = vec![
            one.with(&["--data-dir"]).writing(scratch.join("restored.etcd")),
            defrag.on_new_copy_of(&input.path),
        ];
        cases.extend(of_system("sh").map(|sh| {
            let text = format!(
                "for member in a b c; do number=$((number + 1)); '{}' snapshot restore \"$0\" --data-dir \"$1/$member\" \
                 --name $member --initial-cluster {CLUSTER} --initial-advertise-peer-urls http://127.0.0.$number:2380 \
                 || exit 1; done",
                program.display()
            );
            Case::new(RESTORES, &sh, &["-c", &text], input).writing(scratch.join("three"))
        }));
        cases
    });
    copies.into_iter().flatten().chain(etcdutl.into_iter().flatten()).collect()
}

fn ours(programs: &Programs, input: &Input, scratch: &Path, shared: bool) -> Vec<Case> {
    let own = |name: &str, arguments: &[&str], more: &[&str], output: &str| {
        Case::new(name, &programs.etcdsnap, arguments, input).with(more).writing(scratch.join(output))
    };
    let cluster = &["--all-members", "--initial-cluster", CLUSTER, "--output-dir"];
    vec![
        own("etcdsnap restore", &["restore"], &["--data-dir"], "ours.etcd")
            .against(RESTORE)
            .goals([Goal::TimesFaster(2.0)]),
        own("etcdsnap restore (beside cp)", &["restore"], &["--data-dir"], "ours-again.etcd")
            .against(COPY)
            .goals([Goal::TimesTheTime(1.15)]),
        own("etcdsnap restore --all-members", &["restore"], cluster, "ours-three")
            .against(RESTORES)
            .goals([Goal::TimesFaster(if shared { 8.0 } else { 2.0 })]),
        own("etcdsnap restore --all-members (beside cp)", &["restore"], cluster, "ours-three-again")
            .against(COPIES)
            .goals([Goal::TimesTheTime(1.1)]),
        own("etcdsnap defrag", &["defrag"], &[], "defragmented.db").against(DEFRAG).goals([Goal::TimesFaster(3.5)]),
    ]
}
