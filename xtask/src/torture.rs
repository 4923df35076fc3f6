//! Power cuts on the whole system: QEMU is killed at random moments while the guest remembers and
//! forgets, and after each kill the disk must hold what the guest had acknowledged on its event log,
//! and nothing that nobody said. `cargo xtask torture --kills 200`.
//!
//! A kill loses what QEMU had not written, but not what the host's page cache holds: what a disk's own
//! cache may lose is simulated in the tests of `system-storage`.

use crate::{
    disk::{self, DiskOptions},
    error::Error,
    machine::{Machine, MachineOptions, scratch::Scratch},
    model::ModelChoice,
};
use serde_json::Value;
use std::{
    collections::BTreeSet,
    path::Path,
    rc::Rc,
    time::{Duration, Instant},
};
use system_files::probe::{Contents, probe};
use system_host::FileDisk;
use system_platform::{BlockDevice, pace};
use system_storage::Store;

/// How long a guest lives at most, from power-on.
const MOST_LIFE: Duration = Duration::from_millis(9000);
/// One guest in so many is killed before it is ready.
const EARLY: u64 = 5;
const EARLY_LIFE: Duration = Duration::from_millis(1800);
/// One line in so many forgets something.
const FORGETTING: u64 = 4;
/// The kind of record that memories have (`llm_memory::kinds`).
const MEMORY: u16 = 1;
const BOOT_TIMEOUT: Duration = Duration::from_secs(120);

/// What was asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TortureOptions {
    /// How often QEMU is killed.
    pub kills: u32,
    /// What chance begins with.
    pub seed: u64,
}

impl Default for TortureOptions {
    fn default() -> Self {
        Self { kills: 200, seed: 1 }
    }
}

/// What the disk must hold.
#[derive(Default)]
struct Expected {
    /// Acknowledged, and not asked to be forgotten.
    kept: BTreeSet<String>,
    /// Whose last line was not acknowledged: there or not.
    open: BTreeSet<String>,
}

impl Expected {
    /// Compares with what is there, and takes note of how what was open came out.
    fn check(&mut self, found: &BTreeSet<String>) -> Result<(), Error> {
        if let Some(lost) = self.kept.difference(found).next() {
            return Err(Error::Torture(format!("acknowledged and gone: {lost}")));
        }
        let strange = found.iter().find(|it| !self.kept.contains(*it) && !self.open.contains(*it));
        if let Some(strange) = strange {
            return Err(Error::Torture(format!("there, and nobody said or kept it: {strange}")));
        }
        self.kept.clone_from(found);
        self.open.clear();
        Ok(())
    }
}

/// Kills and compares.
///
/// # Errors
/// Something was lost, or appeared, or the disk cannot be read; the image is kept then.
pub fn run(options: &TortureOptions) -> Result<(), Error> {
    let scratch = Scratch::new().map_err(Error::io("cannot make a folder"))?;
    let image = scratch.path().join("disk.img");
    let made = DiskOptions { len_bytes: 64 << 20, output: image.clone(), ..Default::default() };
    disk::make(&made)?;
    let mut random = Random(options.seed);
    let mut expected = Expected::default();
    let (mut acknowledged, mut early) = (0, 0);
    for kill in 1..=options.kills {
        let before = acknowledged;
        let is_early = !live(&image, &mut random, &mut expected, &mut acknowledged)?;
        early += u32::from(is_early);
        let found = memories(&image).and_then(|found| expected.check(&found));
        if let Err(error) = found {
            let kept = crate::paths::target().join("torture.img");
            std::fs::copy(&image, &kept).map_err(Error::io("cannot keep the image"))?;
            let text = format!("kill {kill} (seed {}): {error}; {}", options.seed, kept.display());
            return Err(Error::Torture(text));
        }
        println!(
            "kill {kill}: {} acknowledged, {} kept{}",
            acknowledged - before,
            expected.kept.len(),
            if is_early { ", before the prompt" } else { "" }
        );
    }
    println!(
        "{} kills, {early} of them before the prompt: {acknowledged} acknowledged lines, none lost, \
         nothing else appeared",
        options.kills
    );
    Ok(())
}

/// Lets a guest live until it is killed; whether it came to its prompt.
fn live(
    image: &Path,
    random: &mut Random,
    expected: &mut Expected,
    acknowledged: &mut u64,
) -> Result<bool, Error> {
    let options = MachineOptions {
        model: ModelChoice::None,
        disk: Some(image.into()),
        ..MachineOptions::default()
    };
    let most = if random.below(EARLY) == 0 { EARLY_LIFE } else { MOST_LIFE };
    let mut machine = Machine::start(&options)?;
    let started = Instant::now();
    let end = started + Duration::from_millis(random.below(most.as_millis() as u64));
    let left = |end: Instant| end.saturating_duration_since(Instant::now());
    // Dropping the machine kills it.
    if most == EARLY_LIFE {
        std::thread::sleep(left(end));
        return Ok(false);
    }
    machine.wait_event("\"event\":\"ready\"", BOOT_TIMEOUT)?;
    let end = end.max(Instant::now() + Duration::from_millis(random.below(3000)));
    while Instant::now() < end {
        let is_forgetting = random.below(FORGETTING) == 0 && !expected.kept.is_empty();
        let (line, text) = if is_forgetting {
            let at = random.below(expected.kept.len() as u64) as usize;
            let text = expected.kept.iter().nth(at).cloned().unwrap_or_default();
            expected.kept.remove(&text);
            (format!("/forget {text}\r"), text)
        } else {
            let text = format!("item {:016x} weighs {} grams", random.next(), random.below(1000));
            (format!("/remember {text}\r"), text)
        };
        expected.open.insert(text.clone());
        machine.serial_send(line)?;
        let answer = machine.wait_event("\"event\":\"command\"", left(end));
        let Ok(answer) = answer else { break };
        let answer: Value = serde_json::from_str(&answer).unwrap_or_default();
        if answer["ok"] != true {
            return Err(Error::Torture(format!("the guest refused {text:?}: {answer}")));
        }
        *acknowledged += 1;
        expected.open.remove(&text);
        if !is_forgetting {
            expected.kept.insert(text);
        }
    }
    std::thread::sleep(left(end));
    Ok(true)
}

/// All that the store on an image remembers.
fn memories(image: &Path) -> Result<BTreeSet<String>, Error> {
    let bad = |what: String| Error::BadFile { path: image.into(), reason: what };
    let disk = FileDisk::open(image, 512, true).map_err(|error| bad(error.to_string()))?;
    let disk: Rc<dyn BlockDevice> = Rc::new(disk);
    let contents = pace::run(probe(&disk)).map_err(|error| bad(error.to_string()))?;
    let Contents::Ours { layout, .. } = contents else {
        return Err(bad(format!("is {contents:?} now")));
    };
    let part = layout.store.open(disk).map_err(|error| bad(error.to_string()))?;
    let store = match pace::run(Store::open_read_only(Rc::new(part))) {
        // Nothing was acknowledged before the store was made.
        Err(system_storage::OpenError::Unformatted) => return Ok(BTreeSet::new()),
        store => store.map_err(|error| bad(error.to_string()))?,
    };
    let mut texts = BTreeSet::new();
    let mut unreadable = None;
    let read = store.visit(MEMORY..=MEMORY, |key, payload| {
        let text = payload.map_err(|error| error.to_string());
        match text.and_then(|bytes| text_of(bytes).ok_or("it is no memory".into())) {
            Ok(text) => drop(texts.insert(text)),
            Err(error) => unreadable = Some(format!("record {}: {error}", key.id)),
        }
    });
    pace::run(read).map_err(|error| bad(error.to_string()))?;
    match unreadable {
        Some(record) => Err(bad(record)),
        None => Ok(texts),
    }
}

/// What a memory says: its record is a JSON object behind its length, and a vector.
fn text_of(record: &[u8]) -> Option<String> {
    let (len, rest) = record.split_first_chunk::<4>()?;
    let object = rest.get(..u32::from_le_bytes(*len) as usize)?;
    let object: Value = serde_json::from_slice(object).ok()?;
    object["text"].as_str().map(str::to_owned)
}

/// SplitMix64 (Steele, Lea and Flood, 2014).
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ self.0 >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ mixed >> 31
    }

    fn below(&mut self, bound: u64) -> u64 {
        self.next() % bound
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(texts: &[&str]) -> BTreeSet<String> {
        texts.iter().map(|text| (*text).to_owned()).collect()
    }

    #[test]
    fn what_is_lost_or_strange_is_found_and_what_is_open_is_either() {
        let expected = || Expected { kept: set(&["a", "b"]), open: set(&["c"]) };
        assert!(expected().check(&set(&["a", "b"])).is_ok());
        assert!(expected().check(&set(&["a", "b", "c"])).is_ok());
        let lost = expected().check(&set(&["a", "c"])).unwrap_err();
        assert!(lost.to_string().contains("acknowledged and gone: b"), "{lost}");
        let strange = expected().check(&set(&["a", "b", "d"])).unwrap_err();
        assert!(strange.to_string().contains("nobody said or kept it: d"), "{strange}");
    }
}
