//! The rules of the house, checked over `cargo metadata` and the source files: which way
//! dependencies point, where `unsafe` may live, what the documents may say.

use regex::Regex;
use std::{collections::BTreeSet, path::Path};
use tests::workspace::Workspace;

/// From the bottom up: a package uses only packages of layers below its own.
const LAYERS: &[&[&str]] = &[
    &["system-platform"],
    &[
        "system-boot",
        "system-core",
        "system-events",
        "system-host",
        "system-storage",
        "llm-record",
        "llm-tensor",
    ],
    &[
        "system-files",
        "llm-index",
        "llm-inference",
        "llm-sandbox",
        "console-graphics",
        "drivers-disk",
        "drivers-pci",
    ],
    &["llm-memory", "drivers-*"],
    &["llm-context", "llm-tools", "console-ui"],
    &["llm-agent"],
    &["kernel", "loader", "llm-cli", "xtask", "fuzz"],
    &["tests"],
];

/// Rooms that know nothing of each other, whatever their layers.
const STRANGERS: &[(&str, &[&str])] = &[
    ("llm-*", &["drivers-*", "console-*", "system-core"]),
    ("console-*", &["llm-*", "drivers-*"]),
    ("drivers-*", &["llm-*", "console-*"]),
    ("system-*", &["llm-*", "console-*", "drivers-*"]),
    ("loader", &["llm-*", "console-*"]),
    ("xtask", &["kernel", "loader"]),
];

/// Programs, which nobody links. (The tests drive machines through `xtask`.)
const PROGRAMS: &[&str] = &["kernel", "loader", "llm-cli", "tests", "fuzz"];

/// Where `unsafe` may be written: in paths that begin like this, and nowhere else. The kernel's
/// entry hands over stacks, and a crash report reads memory that nobody vouches for.
const UNSAFE_ROOMS: &[&str] = &[
    "kernel/src/arch/",
    "kernel/src/boot/",
    "kernel/src/platform/",
    "kernel/src/panic/",
    "kernel/src/selftest/",
    "kernel/src/main.rs",
    "kernel/src/power.rs",
    "kernel/src/runtime.rs",
    "loader/src/",
    "crates/system/core/src/ring",
    // Requests lie in memory that the device reads and writes; its tests play the device.
    "crates/drivers/virtio/src/ring.rs",
    "crates/drivers/virtio/src/testing.rs",
    "crates/llm/tensor/src/",
    // The threads of the host borrow a job from the caller that waits for them.
    "crates/llm/cli/src/pool.rs",
];

/// Crates without `forbid(unsafe_code)`: those that have one of the rooms above.
const MAY_USE_UNSAFE: &[&str] =
    &["kernel", "loader", "system-core", "drivers-virtio", "llm-tensor", "llm-cli"];

/// Packages that the project is fixed to.
const FIXED_PACKAGES: &[&str] = &[
    "limine",
    "x86_64",
    "spin",
    "noto-sans-mono-bitmap",
    "embedded-graphics",
    "pic8259",
    "pc-keyboard",
    "uart_16550",
    "talc",
];

/// Files and folders that the project is fixed to.
const FIXED_TOP_LEVEL: &[&str] = &[
    "GNUmakefile",
    "kernel",
    "limine.conf",
    "iso_root",
    "rust-toolchain.toml",
    "tests",
    "README.md",
];

/// Whether a name is meant by a pattern that may end in `*`.
fn matches(pattern: &str, name: &str) -> bool {
    match pattern.strip_suffix('*') {
        Some(start) => name.starts_with(start),
        None => name == pattern,
    }
}

fn layer_of(name: &str) -> usize {
    LAYERS
        .iter()
        .position(|layer| layer.iter().any(|pattern| matches(pattern, name)))
        .unwrap_or_else(|| panic!("{name} has no place in the layers of tests/architecture.rs"))
}

/// Every dependency of one package of the workspace on another.
fn own_edges(workspace: &Workspace) -> Vec<(&str, &str)> {
    let own: BTreeSet<&str> = workspace.packages.iter().map(|p| p.name.as_str()).collect();
    workspace
        .packages
        .iter()
        .flat_map(|package| package.dependencies.keys().map(|to| (&*package.name, to.as_str())))
        .filter(|(_, to)| own.contains(to))
        .collect()
}

#[test]
fn dependencies_point_down() {
    let workspace = Workspace::load();
    let edges = own_edges(&workspace);
    assert!(edges.len() > 10, "the graph was read: {edges:?}");
    for (from, to) in edges {
        assert!(layer_of(to) < layer_of(from), "{from} must not depend on {to}");
        assert!(!PROGRAMS.contains(&to), "{from} links the program {to}");
    }
}

#[test]
fn rooms_stay_strangers() {
    let workspace = Workspace::load();
    for (from, to) in own_edges(&workspace) {
        for (room, strangers) in STRANGERS {
            // The command line is a program that puts the crates of its room together.
            let is_bound = matches(room, from) && from != "llm-cli";
            let is_stranger = strangers.iter().any(|pattern| matches(pattern, to));
            assert!(!(is_bound && is_stranger), "{from} must not know {to}");
        }
    }
}

#[test]
fn packages_are_named_after_their_folders() {
    for package in Workspace::load().packages {
        let folder = package.folder.strip_prefix("crates/").unwrap_or(&package.folder);
        assert_eq!(package.name, folder.replace('/', "-"), "in {}", package.folder);
    }
}

#[test]
fn unsafe_code_stays_in_its_rooms() {
    let workspace = Workspace::load();
    for package in &workspace.packages {
        let folder = workspace.root.join(&package.folder);
        let roots = ["src/lib.rs", "src/main.rs"].map(|file| folder.join(file));
        for root in roots.iter().filter(|root| root.exists()) {
            let text = std::fs::read_to_string(root).unwrap();
            let forbids = text.contains("#![forbid(unsafe_code)]");
            let may = MAY_USE_UNSAFE.contains(&package.name.as_str());
            assert!(forbids || may, "{} does not forbid unsafe code", root.display());
        }
    }

    let code = Regex::new(r"\bunsafe\s*(\{|\(|fn\b|impl\b|extern\b|trait\b)").unwrap();
    let mut rooms_in_use = BTreeSet::<&str>::new();
    for file in workspace.files() {
        let name = file.to_string_lossy();
        let is_test = name.starts_with("tests/");
        if file.extension().is_none_or(|extension| extension != "rs") || is_test {
            continue;
        }
        let text = workspace.text(&file).unwrap_or_else(|| panic!("{name} is not UTF-8"));
        let room = UNSAFE_ROOMS.iter().find(|room| name.starts_with(**room));
        for (number, line) in text.lines().enumerate() {
            // The word alone stands in comments and lints too.
            if code.is_match(line.split("//").next().unwrap_or_default()) {
                assert!(room.is_some(), "unsafe code in {name}, line {}", number + 1);
                rooms_in_use.extend(room.copied());
            }
        }
    }
    assert!(rooms_in_use.contains(&"kernel/src/arch/"), "the search found what must be there");
}

#[test]
fn fixed_packages_are_what_the_kernel_is_made_of() {
    let workspace = Workspace::load();
    let mut reached = BTreeSet::new();
    let mut pending = vec!["kernel".to_owned()];
    while let Some(name) = pending.pop() {
        for dependency in workspace.package(&name).dependencies.keys() {
            if reached.insert(dependency.clone())
                && workspace.packages.iter().any(|package| package.name == *dependency)
            {
                pending.push(dependency.clone());
            }
        }
    }
    for package in FIXED_PACKAGES {
        assert!(reached.contains(*package), "the kernel does without {package}");
    }
    for name in FIXED_TOP_LEVEL {
        assert!(workspace.root.join(name).exists(), "{name} is missing at the top level");
    }
}

#[test]
fn fixed_packages_are_used_and_not_only_listed() {
    let workspace = Workspace::load();
    let sources: Vec<String> = workspace
        .files()
        .iter()
        .filter(|file| file.extension().is_some_and(|extension| extension == "rs"))
        .filter(|file| file.starts_with("kernel") || file.starts_with("crates"))
        .filter_map(|file| workspace.text(file))
        .collect();
    for package in FIXED_PACKAGES {
        let path = format!("{}::", package.replace('-', "_"));
        assert!(sources.iter().any(|text| text.contains(&path)), "nothing uses {package}");
    }
}

#[test]
fn versions_are_exact_and_single_where_two_would_clash() {
    let workspace = Workspace::load();
    for package in &workspace.packages {
        for (name, requirement) in &package.dependencies {
            let is_own = workspace.packages.iter().any(|own| own.name == *name);
            assert!(
                is_own || requirement.starts_with('='),
                "{} asks for {name} {requirement}: give the exact version",
                package.name
            );
        }
    }
    for name in ["spin", "talc", "x86_64", "embedded-graphics", "serde_json"] {
        let versions: Vec<_> = workspace
            .externals
            .iter()
            .filter(|external| external.name == name)
            .map(|external| &external.version)
            .collect();
        // The WebAssembly interpreter has locks of its own, which nobody else sees.
        let most = if name == "spin" { 2 } else { 1 };
        assert!(versions.len() <= most, "{name}: {versions:?}");
    }
}

#[test]
fn licences_allow_ours() {
    for external in Workspace::load().externals {
        let License { is_stated, is_permissive } = license(&external.license);
        assert!(is_stated, "{} {} states no licence", external.name, external.version);
        assert!(is_permissive, "{}: {}", external.name, external.license);
    }
}

struct License {
    is_stated: bool,
    is_permissive: bool,
}

/// Reads a licence expression: permissive if one of its alternatives has no GPL in it.
fn license(expression: &str) -> License {
    // "/" is how alternatives were written before SPDX.
    let is_permissive = expression
        .split('/')
        .flat_map(|part| part.split(" OR "))
        .any(|alternative| !alternative.contains("GPL"));
    License { is_stated: !expression.is_empty(), is_permissive }
}

#[test]
fn a_licence_with_a_permissive_alternative_is_told_from_one_without() {
    assert!(license("MIT OR Apache-2.0 OR LGPL-2.1-or-later").is_permissive);
    assert!(license("MIT/Apache-2.0").is_permissive);
    assert!(!license("GPL-3.0-only").is_permissive);
    assert!(!license("AGPL-3.0 OR GPL-2.0").is_permissive);
    assert!(!license("").is_stated);
}

#[test]
fn documents_name_no_place_on_one_machine() {
    let workspace = Workspace::load();
    let private = Regex::new(r"(^|[\s`'\x22(=:])/(home|root|work|Users|mnt)/").unwrap();
    let mut seen = 0;
    for file in workspace.files() {
        let is_document = file.extension().is_some_and(|e| e == "md" || e == "yml" || e == "conf");
        let is_make = file == Path::new("GNUmakefile");
        let Some(text) = workspace.text(&file).filter(|_| is_document || is_make) else { continue };
        seen += 1;
        for (number, line) in text.lines().enumerate() {
            let is_private = private.is_match(line);
            assert!(!is_private, "{}, line {}: {line}", file.display(), number + 1);
        }
    }
    assert!(seen > 3, "documents were found");
}

#[test]
fn the_picture_of_the_house_shows_every_crate() {
    let workspace = Workspace::load();
    let picture = workspace.text(Path::new("docs/architecture.md")).expect("a text");
    for package in &workspace.packages {
        let Some(room) = package.folder.strip_prefix("crates/") else { continue };
        let (floor, name) = room.split_once('/').expect("two levels below crates/");
        // `drivers/*   acpi, ps2, …` stands for several.
        let together = picture
            .lines()
            .filter(|line| line.trim_start().starts_with(&format!("{floor}/*")))
            .any(|line| line.split([',', ' ', ':']).any(|word| word == name));
        assert!(together || picture.contains(room), "docs/architecture.md does not show {room}");
    }
}
