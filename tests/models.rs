//! Models on a disk: listed, loaded at run time, refused, and gone from memory when another comes.

use std::{fs, rc::Rc, time::Duration};
use system_files::{Volume, fat::Access};
use system_platform::pace;
use tests::{
    gguf::DamagedModel,
    image::Image,
    system::{System, number, text},
};
use xtask::{artifacts::default_model, machine::MachineOptions};

/// Reading a model from a disk takes some seconds in an emulator.
const LOAD_TIMEOUT: Duration = Duration::from_secs(120);
/// What may be missing of the free memory after a model has come and gone: tables and the heap.
const SLACK_FRAMES: u64 = 1024;

/// A disk with these files in its partition for files.
fn image(name: &str, files: &[(&str, &[u8])]) -> Image {
    let image = Image::ours(name, 256 << 20);
    let partition = Rc::new(image.layout().files.open(image.device()).unwrap());
    let volume = Volume::mount(partition, Access::ReadWrite, Box::new(|| None));
    let volume = pace::run(volume).unwrap();
    pace::run(volume.create_folder("/models")).unwrap();
    for (path, bytes) in files {
        pace::run(volume.write(path, bytes)).unwrap();
    }
    pace::run(volume.sync()).unwrap();
    image
}

/// Boots with the image, and so much memory.
fn boot(image: &Image, memory_mib: u32) -> System {
    let mut qemu_args = image.drive("a").to_vec();
    qemu_args.extend(["-device", "virtio-blk-pci,drive=a"].map(str::to_owned));
    System::boot(&MachineOptions { memory_mib, qemu_args, ..Default::default() })
}

/// Frames that are free.
fn free_frames(system: &mut System) -> u64 {
    let report = system.output("/frames");
    let line = report.lines().find(|line| line.starts_with("free "));
    let frames = line.and_then(|line| line.split_whitespace().nth(1)?.parse().ok());
    frames.unwrap_or_else(|| system.fail("/frames", &report))
}

/// Switches to a model and waits until it is in use.
fn switch(system: &mut System, name: &str) {
    let before = system.events("model_loaded").len();
    system.output(&format!("/model {name}"));
    system.wait(&format!("{name} is loaded"), "model_loaded", LOAD_TIMEOUT, |_| true);
    assert_eq!(system.events("model_loaded").len(), before + 1);
    let list = system.output("/models");
    let line = list.lines().find(|line| line.ends_with(", in use")).unwrap_or_default();
    system.check("it is in use", line.starts_with(&format!("- {name},")), &list.clone().into());
}

#[test]
fn models_on_a_disk_are_loaded_at_run_time_and_leave_no_memory_behind() {
    let model = fs::read(default_model().unwrap()).unwrap();
    let cut = &model[..4 << 20];
    let files: [(&str, &[u8]); 3] = [
        ("/models/second.GGUF", &model),
        ("/cut.gguf", cut),
        ("/rubbish.gguf", b"no model at all"),
    ];
    let image = image("models.img", &files);
    let mut system = boot(&image, 1024);
    let list = system.output("/models");
    let has = |text: &str| list.contains(text);
    let is_complete = has(", boot, in use") && has("/models/second.GGUF") && has("- rubbish, 15 B");
    system.check("all are listed", is_complete, &list.clone().into());
    let refusal = system.refusal("/model third");
    system.check("others are named", refusal.contains("cut, rubbish"), &refusal.into());
    let boot = list.lines().find(|line| line.ends_with(", in use")).unwrap_or_default();
    let boot = boot.trim_start_matches("- ").split(',').next().unwrap_or_default().to_owned();

    switch(&mut system, "second");
    let steps = system.events("model_loading");
    let last = steps.last().cloned().unwrap_or_default();
    let is_whole = number(&last, "done_bytes") == model.len() as u64;
    system.check("its progress was told", steps.len() > 5 && is_whole, &last);
    system.enter("Hello!");
    let reply = system.wait("it answers", "reply", LOAD_TIMEOUT, |_| true);
    system.check("with words", !text(&reply, "text").is_empty(), &reply);

    for (name, reason) in [("cut", "file truncated"), ("rubbish", "not a GGUF file")] {
        system.output(&format!("/model {name}"));
        let is_it = |event: &serde_json::Value| event["source"] == "model";
        let error = system.wait("it is refused", "error", LOAD_TIMEOUT, is_it);
        system.check("the reason is told", text(&error, "message").contains(reason), &error);
        let list = system.output("/models");
        let stays = list.contains("/models/second.GGUF, in use");
        system.check("the model before stays", stays, &list.into());
    }

    switch(&mut system, &boot);
    let before = free_frames(&mut system);
    for _ in 0..2 {
        switch(&mut system, "second");
        let with = free_frames(&mut system);
        let held = before.saturating_sub(with) * 4096;
        system.check("it is in memory", held >= model.len() as u64, &with.into());
        switch(&mut system, &boot);
        let after = free_frames(&mut system);
        system.check("it is gone", after + SLACK_FRAMES >= before, &after.into());
    }
    system.shut_down();
}

#[test]
fn where_memory_holds_one_model_the_old_one_goes_first_and_comes_back_if_the_new_one_fails() {
    let model = fs::read(default_model().unwrap()).unwrap();
    // Sound in its header, and not in what is looked at when all of it is there.
    let damaged = DamagedModel::with_tensor_rows("blk.0.attn_q.weight", 575).write();
    let damaged = fs::read(damaged.path()).unwrap();
    let files: [(&str, &[u8]); 2] = [("/second.gguf", &model), ("/third.gguf", &damaged)];
    let image = image("models-small.img", &files);
    let mut system = boot(&image, 540);
    switch(&mut system, "second");
    system.output("/model third");
    let is_it = |event: &serde_json::Value| event["source"] == "model";
    let error = system.wait("it is refused", "error", LOAD_TIMEOUT, is_it);
    system.check("the reason is told", text(&error, "message").contains("attn_q"), &error);
    system.wait("the one before is loaded again", "model_loaded", LOAD_TIMEOUT, |_| true);
    let list = system.output("/models");
    system.check("and used", list.contains("/second.gguf, in use"), &list.into());
    system.enter("Hello!");
    let reply = system.wait("it answers", "reply", LOAD_TIMEOUT, |_| true);
    system.check("with words", !text(&reply, "text").is_empty(), &reply);
    system.shut_down();
}
