//! The source tree as `cargo metadata` and the file system show it.

use serde_json::Value;
use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    process::Command,
};

/// One package of the workspace.
#[derive(Clone, Debug)]
pub struct Package {
    /// Its name.
    pub name: String,
    /// Its folder, relative to the root.
    pub folder: String,
    /// What it depends on in normal builds, and with what version requirement. Path dependencies
    /// have the requirement `*`.
    pub dependencies: BTreeMap<String, String>,
}

/// A package from a registry.
#[derive(Clone, Debug)]
pub struct External {
    /// Its name.
    pub name: String,
    /// The version resolved.
    pub version: String,
    /// Its licence expression; empty where it states none.
    pub license: String,
}

/// The workspace.
#[derive(Clone, Debug)]
pub struct Workspace {
    /// Its root folder.
    pub root: PathBuf,
    /// Its own packages.
    pub packages: Vec<Package>,
    /// Everything else that was resolved for the host.
    pub externals: Vec<External>,
}

impl Workspace {
    /// Asks `cargo metadata`.
    ///
    /// # Panics
    /// Where cargo fails or answers something unexpected.
    pub fn load() -> Self {
        let root = root();
        let output = Command::new(env!("CARGO"))
            .args(["metadata", "--format-version", "1"])
            .args(["--filter-platform", "x86_64-unknown-linux-gnu"])
            .current_dir(&root)
            .output()
            .expect("cargo starts");
        let complaint = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "cargo metadata failed: {complaint}");
        let metadata: Value = serde_json::from_slice(&output.stdout).expect("cargo writes JSON");
        let listed = metadata["packages"].as_array().expect("a list of packages");
        let members: Vec<&Value> =
            metadata["workspace_members"].as_array().expect("members").iter().collect();
        let (own, foreign): (Vec<_>, Vec<_>) =
            listed.iter().partition(|package| members.contains(&&package["id"]));
        Self {
            packages: own.into_iter().map(|package| own_package(package, &root)).collect(),
            externals: foreign.into_iter().map(external).collect(),
            root,
        }
    }

    /// The package with a name.
    ///
    /// # Panics
    /// Where there is none.
    pub fn package(&self, name: &str) -> &Package {
        let found = self.packages.iter().find(|package| package.name == name);
        found.unwrap_or_else(|| panic!("no package {name} in the workspace"))
    }

    /// All files below the root that belong to the project, relative to it and sorted: no build
    /// output, nothing that version control or an editor keeps for itself.
    ///
    /// # Panics
    /// Where a folder cannot be read.
    pub fn files(&self) -> Vec<PathBuf> {
        let mut files = Vec::new();
        collect_files(&self.root, &self.root, &mut files);
        files.sort();
        files
    }

    /// The text of a file, `None` where it is not UTF-8.
    ///
    /// # Panics
    /// Where it cannot be read.
    pub fn text(&self, file: &Path) -> Option<String> {
        let path = self.root.join(file);
        let bytes = fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        String::from_utf8(bytes).ok()
    }
}

/// The root of the workspace.
pub fn root() -> PathBuf {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR"));
    tests.parent().expect("the tests have a folder of their own").to_path_buf()
}

fn own_package(package: &Value, root: &Path) -> Package {
    let manifest = Path::new(package["manifest_path"].as_str().expect("a path"));
    let folder = manifest.parent().and_then(|folder| folder.strip_prefix(root).ok());
    let dependencies = package["dependencies"].as_array().expect("dependencies");
    Package {
        name: text(&package["name"]),
        folder: folder.expect("members are below the root").to_string_lossy().into_owned(),
        dependencies: dependencies
            .iter()
            // "dev" and "build" dependencies have a kind, normal ones have none.
            .filter(|dependency| dependency["kind"].is_null())
            .map(|dependency| (text(&dependency["name"]), text(&dependency["req"])))
            .collect(),
    }
}

fn external(package: &Value) -> External {
    External {
        name: text(&package["name"]),
        version: text(&package["version"]),
        license: package["license"].as_str().unwrap_or_default().to_owned(),
    }
}

fn text(value: &Value) -> String {
    value.as_str().expect("a text").to_owned()
}

fn collect_files(folder: &Path, root: &Path, files: &mut Vec<PathBuf>) {
    let entries = fs::read_dir(folder).unwrap_or_else(|e| panic!("{}: {e}", folder.display()));
    for entry in entries {
        let entry = entry.expect("a folder entry");
        let path = entry.path();
        let name = entry.file_name();
        let is_output = name == "target" || name == ".git" || name == "proptest-regressions";
        if is_output {
            continue;
        }
        if entry.file_type().expect("a file type").is_dir() {
            collect_files(&path, root, files);
        } else {
            files.push(path.strip_prefix(root).expect("below the root").to_path_buf());
        }
    }
}
