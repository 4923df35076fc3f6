//! Which boot loader an image gets: Limine when it can be had, else GRUB with our own loader.

use crate::error::Error;
use crate::{paths, process};
use std::env;
use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

/// Files of Limine that an image needs.
const LIMINE_FILES: [&str; 4] =
    ["limine-bios-cd.bin", "limine-bios.sys", "limine-uefi-cd.bin", "BOOTX64.EFI"];
const PACKAGED: [&str; 2] = ["/usr/share/limine", "/usr/local/share/limine"];
const RELEASE: &str = "v8.2.0-binary";
const REPOSITORY: &str = "https://github.com/limine-bootloader/limine.git";
const DOWNLOAD_TIMEOUT: &str = "10";
/// How long a failed download is remembered, so that it does not delay every start without a network.
const RETRY_AFTER: Duration = Duration::from_secs(24 * 60 * 60);

/// What `BOOTLOADER` and `--bootloader` ask for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum BootloaderChoice {
    /// Limine when it can be had.
    #[default]
    Auto,
    /// Limine, or an error.
    Limine,
    /// GRUB.
    Grub,
}

/// What an image has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bootloader {
    /// Limine.
    Limine,
    /// GRUB, with our own loader.
    Grub,
}

impl fmt::Display for Bootloader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Limine => "limine",
            Self::Grub => "grub",
        })
    }
}

impl BootloaderChoice {
    /// Reads the value of `BOOTLOADER` or `--bootloader`.
    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "" | "auto" => Some(Self::Auto),
            "limine" => Some(Self::Limine),
            "grub" => Some(Self::Grub),
            _ => None,
        }
    }
}

/// A boot loader, where its files are, and why it was taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decision {
    /// The boot loader.
    pub bootloader: Bootloader,
    /// Limine's files.
    pub limine_dir: Option<PathBuf>,
    /// For the person who waits.
    pub reason: String,
}

/// Where Limine was looked for and what was found there.
#[derive(Clone, Debug, Default)]
struct Search {
    /// `LIMINE_DIR`, and whether it holds all files.
    named: Option<(PathBuf, bool)>,
    /// An installed package.
    packaged: Option<PathBuf>,
}

impl Search {
    fn of_this_host() -> Self {
        let named = env::var_os("LIMINE_DIR").filter(|dir| !dir.is_empty()).map(|dir| {
            let dir = paths::root().join(dir);
            let is_whole = is_limine(&dir);
            (dir, is_whole)
        });
        let packaged = PACKAGED.iter().map(PathBuf::from).find(|dir| is_limine(dir));
        Self { named, packaged }
    }

    /// Limine without a download, with the reason for taking it.
    fn local(&self) -> Option<(PathBuf, String)> {
        match (&self.named, &self.packaged) {
            (Some((dir, true)), _) => Some((dir.clone(), "LIMINE_DIR has it".to_owned())),
            (_, Some(dir)) => Some((dir.clone(), format!("installed in {}", dir.display()))),
            _ => None,
        }
    }
}

/// Whether Limine is at hand without a download: what decides if tests that need it can run.
pub fn local_limine() -> Option<PathBuf> {
    Search::of_this_host().local().map(|(dir, _)| dir)
}

/// Decides, with a download of Limine if that is what it takes.
pub fn decide(choice: BootloaderChoice) -> Result<Decision, Error> {
    decide_among(choice, &Search::of_this_host(), || match choice {
        BootloaderChoice::Auto if failed_lately(&failure_mark()) => Err(Error::BadFile {
            path: failure_mark(),
            reason: "the download failed within the last day".to_owned(),
        }),
        _ => download().inspect_err(|_| {
            // Without the mark the next start tries again: no harm but the wait.
            let _ = fs::write(failure_mark(), "");
        }),
    })
}

fn decide_among(
    choice: BootloaderChoice,
    search: &Search,
    download: impl FnOnce() -> Result<PathBuf, Error>,
) -> Result<Decision, Error> {
    let grub = |reason| Decision { bootloader: Bootloader::Grub, limine_dir: None, reason };
    let limine =
        |dir, reason| Decision { bootloader: Bootloader::Limine, limine_dir: Some(dir), reason };
    if choice == BootloaderChoice::Grub {
        return Ok(grub("asked for".to_owned()));
    }
    if let Some((dir, reason)) = search.local() {
        return Ok(limine(dir, reason));
    }
    if let Some((dir, false)) = &search.named {
        let missing = format!("LIMINE_DIR ({}) lacks files of Limine", dir.display());
        return match choice {
            BootloaderChoice::Limine => Err(Error::Missing {
                what: missing,
                remedy: "LIMINE_DIR=<directory> make iso".into(),
            }),
            _ => Ok(grub(missing)),
        };
    }
    match (download(), choice) {
        (Ok(dir), _) => Ok(limine(dir, format!("downloaded {RELEASE}"))),
        (Err(error), BootloaderChoice::Limine) => Err(error),
        (Err(_), _) => Ok(grub(
            "Limine is not in LIMINE_DIR, not installed, and could not be downloaded".to_owned(),
        )),
    }
}

/// The pinned release from its own repository, kept in the cache.
fn download() -> Result<PathBuf, Error> {
    let dir = paths::cache().join(format!("limine-{RELEASE}"));
    if is_limine(&dir) {
        return Ok(dir);
    }
    eprintln!("Looking for Limine {RELEASE} at {REPOSITORY} ...");
    // Left over from a download that was interrupted.
    let _ = fs::remove_dir_all(&dir);
    process::run_quietly(
        Command::new("timeout")
            .args([
                DOWNLOAD_TIMEOUT,
                "git",
                "clone",
                "--quiet",
                "--depth",
                "1",
                "--branch",
                RELEASE,
            ])
            .arg(REPOSITORY)
            .arg(&dir)
            .env("GIT_TERMINAL_PROMPT", "0"),
    )?;
    match is_limine(&dir) {
        true => Ok(dir),
        false => Err(Error::BadFile { path: dir, reason: "it lacks files of Limine".into() }),
    }
}

fn failure_mark() -> PathBuf {
    paths::cache().join(format!("limine-{RELEASE}.failed"))
}

fn failed_lately(mark: &Path) -> bool {
    let age = fs::metadata(mark).and_then(|facts| facts.modified()).map(|time| time.elapsed());
    age.is_ok_and(|age| age.is_ok_and(|age| age < RETRY_AFTER))
}

fn is_limine(dir: &Path) -> bool {
    LIMINE_FILES.iter().all(|file| dir.join(file).is_file())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn offline() -> Result<PathBuf, Error> {
        Err(Error::Command { command: "git".into(), outcome: "failed".into() })
    }

    fn not_called() -> Result<PathBuf, Error> {
        panic!("nothing should be downloaded")
    }

    fn named(is_whole: bool) -> Search {
        Search { named: Some(("/l".into(), is_whole)), packaged: None }
    }

    #[test]
    fn limine_dir_comes_first_then_a_package_then_a_download() {
        let both = Search { packaged: Some("/usr/share/limine".into()), ..named(true) };
        let taken = |search: &Search| {
            let decision = decide_among(BootloaderChoice::Auto, search, not_called).unwrap();
            decision.limine_dir.unwrap()
        };
        assert_eq!(taken(&both), Path::new("/l"));
        let packaged = Search { named: Some(("/l".into(), false)), ..both };
        assert_eq!(taken(&packaged), Path::new("/usr/share/limine"));
        let fetched = || Ok(PathBuf::from("/cache"));
        let decision = decide_among(BootloaderChoice::Auto, &Search::default(), fetched).unwrap();
        assert_eq!(decision.limine_dir.as_deref(), Some(Path::new("/cache")));
    }

    #[test]
    fn without_limine_it_is_grub_and_says_why() {
        let decide =
            |search: Search| decide_among(BootloaderChoice::Auto, &search, offline).unwrap();
        let decision = decide(Search::default());
        assert_eq!(decision.bootloader, Bootloader::Grub);
        assert!(decision.reason.contains("could not be downloaded"));
        assert!(decide(named(false)).reason.contains("lacks files"));
    }

    #[test]
    fn an_explicit_choice_is_never_replaced() {
        let grub = decide_among(BootloaderChoice::Grub, &named(true), not_called).unwrap();
        assert_eq!(grub.bootloader, Bootloader::Grub);
        assert!(decide_among(BootloaderChoice::Limine, &Search::default(), offline).is_err());
        assert!(decide_among(BootloaderChoice::Limine, &named(false), not_called).is_err());
    }

    #[test]
    fn a_failed_download_is_remembered_for_a_day() {
        let scratch = crate::machine::scratch::Scratch::new().unwrap();
        let mark = scratch.path().join("failed");
        assert!(!failed_lately(&mark));
        fs::write(&mark, "").unwrap();
        assert!(failed_lately(&mark));
        let long_ago = std::time::SystemTime::now() - RETRY_AFTER - Duration::from_secs(1);
        fs::File::options().write(true).open(&mark).unwrap().set_modified(long_ago).unwrap();
        assert!(!failed_lately(&mark));
    }

    #[test]
    fn unknown_names_are_no_choice() {
        assert_eq!(BootloaderChoice::parse("lilo"), None);
        assert_eq!(BootloaderChoice::parse(""), Some(BootloaderChoice::Auto));
    }
}
