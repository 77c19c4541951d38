//! Static pods, as kubeadm and others write them: the container that runs etcd, and what is mounted into it.

use serde::Deserialize;

use super::command_line::{CommandLine, runs_etcd};
use super::expansion::Syntax;
use super::setting::{PlaceInFile, Setting, SettingPlace};
use super::volume::Volume;
use super::{ManifestError, ManifestFile, ParsedFile, Variable, Word};

#[derive(Deserialize)]
struct Document {
    kind: Option<String>,
    spec: Option<Spec>,
}

#[derive(Deserialize)]
struct Spec {
    containers: Option<Vec<Container>>,
    volumes: Option<Vec<PodVolume>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Container {
    command: Option<Vec<String>>,
    args: Option<Vec<String>>,
    env: Option<Vec<EnvVar>>,
    volume_mounts: Option<Vec<VolumeMount>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct EnvVar {
    name: String,
    value: Option<String>,
    value_from: Option<serde::de::IgnoredAny>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct VolumeMount {
    name: String,
    mount_path: String,
    sub_path: Option<String>,
    sub_path_expr: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct PodVolume {
    name: String,
    host_path: Option<HostPath>,
}

#[derive(Deserialize)]
struct HostPath {
    path: String,
}

/// Reads the pods of all documents of the file; containers that have nothing to do with etcd are passed over.
pub(super) fn read(source: ManifestFile<'_>) -> Result<ParsedFile, ManifestError> {
    let options = serde_saphyr::options! { with_snippet: false };
    let documents: Vec<Option<Document>> = serde_saphyr::from_multiple_with_options(source.text, options)
        .map_err(|error| ManifestError::Yaml { label: source.label.to_owned(), reason: error.to_string() })?;
    let mut recipe = ParsedFile { volumes: Some(Vec::new()), ..ParsedFile::default() };
    let pods = documents.into_iter().flatten().filter(|document| document.kind.as_deref() == Some("Pod"));
    for spec in pods.filter_map(|pod| pod.spec) {
        let volumes = spec.volumes.unwrap_or_default();
        for (number, container) in spec.containers.unwrap_or_default().into_iter().enumerate() {
            let node = format!("spec.containers[{number}]");
            let place = |below: String| SettingPlace {
                label: source.label.to_owned(),
                spot: PlaceInFile::Node(node.clone() + &below),
            };
            let line = command_line(&container, place);
            let variables = variables(&container, place);
            let settings = Setting::ALL.map(Setting::variable);
            if runs_etcd(&line) || variables.iter().any(|variable| settings.contains(&variable.name)) {
                recipe.command_lines.push(line);
                recipe.variables.extend(variables);
                recipe.volumes.get_or_insert_default().extend(mounts(&container, &volumes));
            }
        }
    }
    if recipe.command_lines.is_empty() {
        return Err(ManifestError::NoEtcd { label: source.label.to_owned() });
    }
    Ok(recipe)
}

fn command_line(container: &Container, place: impl Fn(String) -> SettingPlace) -> CommandLine {
    let list = |name: &str, words: &Option<Vec<String>>| {
        let words = words.clone().unwrap_or_default().into_iter().enumerate();
        words.map(|(number, text)| (text, place(format!(".{name}[{number}]")))).collect::<Vec<_>>()
    };
    let words = [list("command", &container.command), list("args", &container.args)].concat();
    CommandLine { words, syntax: Syntax::Pod }
}

fn variables(container: &Container, place: impl Fn(String) -> SettingPlace) -> Vec<Variable> {
    let variable = |(number, variable): (usize, &EnvVar)| {
        let value = match variable.value_from {
            Some(_) => None,
            None => Some(Word { text: variable.value.clone().unwrap_or_default(), syntax: Syntax::Pod }),
        };
        Variable { name: variable.name.clone(), value, place: place(format!(".env[{number}]")) }
    };
    container.env.iter().flatten().enumerate().map(variable).collect()
}

fn mounts(container: &Container, volumes: &[PodVolume]) -> Vec<Volume> {
    let mounts = container.volume_mounts.iter().flatten();
    mounts
        .map(|mount| {
            let volume = volumes.iter().find(|volume| volume.name == mount.name && mount.sub_path_expr.is_none());
            let host_path = volume.and_then(|volume| volume.host_path.as_ref());
            let host_path = host_path.map(|host| match &mount.sub_path {
                Some(sub_path) => format!("{}/{sub_path}", host.path),
                None => host.path.clone(),
            });
            Volume { mount_path: mount.mount_path.clone(), host_path }
        })
        .collect()
}
