//! The console's looks, compared with pictures of it that a person has approved (`tests/golden`).
//!
//! After a wanted change run with `UPDATE_GOLDEN=1`, look at the new pictures, and commit them.

use std::{fs, path::PathBuf, time::Duration};
use tests::{
    screen::{Area, Image, Mask},
    system::System,
    workspace::root,
};
use xtask::{machine::MachineOptions, model::ModelChoice};

/// The panels at 1280x800. Each must be missed by the comparison when it is not there.
const PANELS: [(&str, Area); 5] = [
    ("header", Area::new(0, 0, 1280, 44)),
    ("transcript", Area::new(16, 44, 816, 668)),
    ("context gauge", Area::new(848, 44, 416, 222)),
    ("tool log", Area::new(848, 278, 416, 434)),
    ("input line", Area::new(16, 724, 1248, 44)),
];

/// What stands in the same place with other content in each run.
fn masks() -> Vec<Mask> {
    let mask = |area, reason| Mask { area, reason };
    vec![
        mask(Area::new(920, 8, 350, 30), "load, memory in use, uptime and clock"),
        mask(Area::new(752, 168, 64, 328), "how long tools ran, in the transcript"),
        mask(Area::new(856, 310, 66, 104), "when tools ran, to the second"),
        mask(Area::new(1198, 310, 54, 104), "how long tools ran, in the log"),
    ]
}

/// A machine whose clock starts at a fixed time, without a model.
fn fixed_machine() -> MachineOptions {
    let qemu_args = ["-rtc", "base=2026-11-23T10:41:00"].map(str::to_owned).to_vec();
    MachineOptions { model: ModelChoice::None, qemu_args, ..Default::default() }
}

fn golden_path(name: &str) -> PathBuf {
    root().join("tests/golden").join(format!("{name}.png"))
}

fn read(path: &std::path::Path) -> Image {
    Image::read_png(path).unwrap_or_else(|error| panic!("{error}"))
}

/// Takes pictures until one matches the approved one; the last may come late on a busy host.
fn check_golden(system: &mut System, name: &str, masks: &[Mask]) {
    let golden = golden_path(name);
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::thread::sleep(Duration::from_secs(2));
        let path = system.screenshot(name);
        fs::copy(&path, &golden).unwrap_or_else(|e| panic!("{}: {e}", golden.display()));
        return;
    }
    let golden = read(&golden);
    let mut failure = String::new();
    for _ in 0..10 {
        std::thread::sleep(Duration::from_millis(500));
        let path = system.screenshot(name);
        let comparison = golden.compare(&read(&path), masks);
        if comparison.is_match() {
            return;
        }
        failure = format!("{} is not as approved: {comparison}", path.display());
    }
    system.fail(name, &failure);
}

#[test]
fn the_console_looks_as_approved() {
    let mut system = System::boot(&fixed_machine());
    for command in ["/tool calc 2*(3+4)^2", "/tool remember gate 4417", "/tool recall gate"] {
        system.output(command);
    }
    system.refusal("/tool calc 1+*2");
    system.output("/help tool");
    system.step("type", |machine| machine.type_text("/tool echo not sent yet"));
    check_golden(&mut system, "console-1280x800", &masks());
    system.step("clear the line", |machine| machine.press("ctrl-u"));
    system.shut_down();
}

#[test]
fn the_text_console_looks_as_approved() {
    let mut system = System::boot(&MachineOptions { text_mode: true, ..fixed_machine() });
    system.output("/tool calc 2*(3+4)^2");
    system.refusal("/tool calc 1+*2");
    // Cells of 9x16 pixels: 720x400.
    let mask = |area, reason| Mask { area, reason };
    let masks = [
        mask(Area::new(522, 0, 198, 16), "load, memory in use and clock"),
        mask(Area::new(342, 128, 63, 64), "how long tools ran, in the transcript"),
        mask(Area::new(438, 128, 76, 32), "when tools ran, to the second"),
        mask(Area::new(648, 128, 54, 32), "how long tools ran, in the log"),
    ];
    check_golden(&mut system, "text-80x25", &masks);
    system.shut_down();
}

#[test]
fn a_missing_panel_breaks_the_comparison() {
    let path = golden_path("console-1280x800");
    let golden = read(&path);
    assert_eq!((golden.width, golden.height), (1280, 800));
    assert!(golden.compare(&golden, &masks()).is_match());
    let ground = golden.pixel(4, 400);
    for (panel, area) in PANELS {
        let mut without = golden.clone();
        without.fill(&area, ground);
        let comparison = golden.compare(&without, &masks());
        assert!(!comparison.is_match(), "{panel}: {comparison}");
    }
}

#[test]
fn masks_hide_little_and_say_why() {
    let golden = read(&golden_path("console-1280x800"));
    let hidden: usize = masks().iter().map(|mask| mask.area.x.len() * mask.area.y.len()).sum();
    assert!(hidden * 8 < golden.width * golden.height, "{hidden} pixels are hidden");
    assert!(masks().iter().all(|mask| !mask.reason.is_empty()));
}
