//! What lasts: memories, files and the session on disks of every kind, over restarts and power cuts.

use llm_memory::kinds;
use serde_json::Value;
use std::{fs, rc::Rc};
use system_platform::{BlockDevice, pace};
use system_storage::{Batch, Store};
use tests::{
    image::{Image, tool},
    system::{MODEL_TIMEOUT, PROMPT_TIMEOUT, System, artifacts, number, text},
};
use xtask::{machine::MachineOptions, model::ModelChoice, setup};

const MIB: u64 = 1 << 20;

/// Bytes of a disk.
const LEN_BYTES: u64 = 96 * MIB;

/// A machine with this image as a disk of a kind.
fn machine(image: &Image, kind: &str, model: ModelChoice) -> MachineOptions {
    let (board, devices): (&str, &[&str]) = match kind {
        "ahci" => ("q35", &["ide-hd,drive=a,bus=ide.2"]),
        "nvme" => ("q35", &["nvme,drive=a,serial=1"]),
        _ => ("pc", &["virtio-blk-pci,drive=a"]),
    };
    let mut qemu_args = image.drive("a").to_vec();
    for device in devices {
        qemu_args.extend(["-device".into(), (*device).into()]);
    }
    MachineOptions { machine: board.into(), model, qemu_args, ..Default::default() }
}

fn boot(image: &Image, kind: &str) -> System {
    System::boot(&machine(image, kind, ModelChoice::None))
}

#[test]
fn what_was_remembered_survives_power_cuts_on_every_kind_of_disk() {
    for kind in ["virtio", "ahci", "nvme"] {
        let image = Image::ours(&format!("memory-{kind}.img"), LEN_BYTES);
        let mut system = boot(&image, kind);
        let said = system.output("/remember the gate code is 4417");
        assert_eq!(said, "remembered: the gate code is 4417", "{kind}");
        system.output("/block user Anna, who lives in Graz");
        // The machine is switched off without a word.
        drop(system);
        let mut system = boot(&image, kind);
        let resumed = system.last("the session is back", "resumed");
        assert_eq!(number(&resumed, "memories"), 1, "{kind}: {resumed}");
        let said = system.output("/recall what is the gate code?");
        assert_eq!(said, "the gate code is 4417", "{kind}");
        assert!(system.output("/block").contains("Anna, who lives in Graz"), "{kind}");
        assert!(system.output("/audit verify").contains('2'), "{kind}: both calls are in the log");
        system.output("/forget gate code");
        system.shut_down();
        let mut system = boot(&image, kind);
        let said = system.output("/recall what is the gate code?");
        assert_eq!(said, "nothing is remembered about that", "{kind}");
    }
}

#[test]
fn a_blank_disk_is_formatted_only_when_the_person_agrees() {
    let image = Image::blank("memory-blank.img", LEN_BYTES);
    let options = machine(&image, "virtio", ModelChoice::None);
    let mut system = System::boot(&options);
    let asked = |system: &mut System| {
        system.wait("the person is asked", "format_asked", PROMPT_TIMEOUT, |_| true);
    };
    asked(&mut system);
    system.enter("n");
    let is_told = |event: &Value| text(event, "text").contains("nothing will last");
    system.wait("the person is told", "notice", PROMPT_TIMEOUT, is_told);
    assert_eq!(
        system.output("/remember the boat is at pier 9"),
        "remembered: the boat is at pier 9"
    );
    drop(system);
    assert!(image.bytes().iter().all(|byte| *byte == 0), "nothing was written");

    // What is no answer is said to the agent.
    let mut system = System::boot(&options);
    asked(&mut system);
    system.enter("/memories");
    let list = system.wait("the line is not lost", "command", PROMPT_TIMEOUT, |_| true);
    assert_eq!(list["name"], "memories");
    drop(system);

    let mut system = System::boot(&options);
    asked(&mut system);
    system.enter("y");
    let storage = system.wait("the disk is used", "storage", PROMPT_TIMEOUT, |_| true);
    system.check("files and store", storage["files"] == true && storage["store"] == true, &storage);
    system.output("/remember the boat is at pier 9");
    drop(system);
    let mut system = System::boot(&options);
    assert_eq!(system.output("/recall boat"), "the boat is at pier 9");
    assert!(system.events("format_asked").is_empty());
    drop(system);

    let image = Image::blank("memory-blank-option.img", LEN_BYTES);
    let mut options = machine(&image, "virtio", ModelChoice::None);
    options.cmdline = "format=blank".into();
    let mut system = System::boot(&options);
    let storage = system.last("the disk is used", "storage");
    system.check("files and store", storage["files"] == true && storage["store"] == true, &storage);
}

#[test]
fn without_a_disk_everything_works_and_the_person_is_told_that_nothing_lasts() {
    let options = MachineOptions { model: ModelChoice::None, ..Default::default() };
    let mut system = System::boot(&options);
    let is_told = |event: &Value| text(event, "text").contains("nothing will last");
    system.wait("the person is told", "notice", PROMPT_TIMEOUT, is_told);
    system.output("/remember the boat is at pier 9");
    assert_eq!(system.output("/recall boat"), "the boat is at pier 9");
    assert!(system.output("/memories").contains("nothing of it will last"));
}

#[test]
fn files_go_from_the_host_into_memory_and_back() {
    setup::ensure(setup::TO_CHECK_DISKS).unwrap_or_else(|error| panic!("{error}"));
    let image = Image::ours("memory-files.img", LEN_BYTES);
    let notes = artifacts().join("memory-notes.md");
    fs::write(&notes, "# House\n\nThe gate code is 4417.\n\n# Boat\n\nThe boat is at pier 9.\n")
        .unwrap();
    tool("mmd", &[&"-i", &image.files(), &"::Dokumente"]);
    let target = "::Dokumente/Lange Namen sind erlaubt.md";
    tool("mcopy", &[&"-i", &image.files(), &notes, &target]);

    let mut system = boot(&image, "virtio");
    let said = system.output("/tool list_files path=Dokumente");
    assert!(said.contains("Lange Namen sind erlaubt.md"), "{said}");
    assert_eq!(
        system.output("/ingest Dokumente"),
        "- Dokumente/Lange Namen sind erlaubt.md: 2 parts, 2 of them new"
    );
    let said = system.output("/recall where is the boat?");
    assert!(said.ends_with("(Dokumente/Lange Namen sind erlaubt.md:5-7)"), "{said}");
    system.output("/tool write_file {\"path\": \"out/list.txt\", \"text\": \"milk and bread\"}");
    let said = system.output("/disks");
    assert!(said.contains("files in `/`, ") && said.contains("and the store"), "{said}");
    let said = system.output("/tool sysinfo about=disk");
    assert!(said.contains("are free for files on the disk"), "{said}");
    system.shut_down();

    let out = artifacts().join("memory-out.txt");
    let source = "::out/list.txt";
    tool("mcopy", &[&"-n", &"-i", &image.files(), &source, &out]);
    assert_eq!(fs::read_to_string(&out).unwrap(), "milk and bread\n");
    let layout = image.layout().files;
    let volume = artifacts().join("memory-volume.img");
    let bytes = image.bytes();
    let [from, len] = [layout.first, layout.blocks].map(|blocks| blocks as usize * 512);
    fs::write(&volume, &bytes[from..from + len]).unwrap();
    tool("fsck.vfat", &[&"-n", &volume]);
    for path in [notes, out, volume] {
        fs::remove_file(path).unwrap();
    }
}

#[test]
fn a_disk_of_somebody_else_is_read_and_not_changed() {
    setup::ensure(setup::TO_CHECK_DISKS).unwrap_or_else(|error| panic!("{error}"));
    let image = Image::blank("memory-foreign.img", LEN_BYTES);
    let path = image.path();
    tool("mformat", &[&"-i", &path, &"-F", &"-v", &"STICK", &"::"]);
    let hello = artifacts().join("memory-hello.txt");
    fs::write(&hello, "Hello from a stick.\n").unwrap();
    tool("mcopy", &[&"-i", &path, &hello, &"::hello.txt"]);
    fs::remove_file(hello).unwrap();
    let before = image.bytes();
    let mut system = boot(&image, "virtio");
    let said = system.output("/disks");
    assert!(said.contains("files of somebody else, to be read in `/disk1`"), "{said}");
    let said = system.output("/tool read_file path=disk1/hello.txt");
    assert!(said.contains("Hello from a stick."), "{said}");
    let refused =
        system.refusal("/tool write_file {\"path\": \"disk1/new.txt\", \"text\": \"mine now\"}");
    assert!(refused.contains("read-only"), "{refused}");
    system.shut_down();
    assert!(image.bytes() == before, "the stick is as it was");
}

/// Says something to the model and waits for the reply.
fn ask(system: &mut System, message: &str) -> Value {
    system.enter(message);
    let is_last = |event: &Value| event["stop_reason"] != "tool_call";
    system.wait(&format!("reply to {message:?}"), "reply", MODEL_TIMEOUT, is_last)
}

#[test]
fn the_conversation_goes_on_after_a_power_cut_without_computing_its_start_again() {
    let image = Image::ours("memory-session.img", LEN_BYTES);
    let options = machine(&image, "virtio", ModelChoice::Default);
    let mut system = System::boot(&options);
    let kept = system.wait("the start is kept", "start_kept", MODEL_TIMEOUT, |_| true);
    ask(&mut system, "Remember that my sister's name is Clara.");
    drop(system);

    let mut system = System::boot(&options);
    let warm = system.last("the start is restored", "warm_start");
    assert_eq!(number(&warm, "tokens"), number(&kept, "tokens"));
    let resumed = system.last("the session is back", "resumed");
    assert_eq!((number(&resumed, "turns"), number(&resumed, "memories")), (1, 1), "{resumed}");
    let reply = ask(&mut system, "What is my sister called?");
    system.check("it is recalled", text(&reply, "text").contains("Clara"), &reply);
    drop(system);

    // A byte of the state is not as it was computed.
    let device: Rc<dyn BlockDevice> = Rc::new(image.layout().store.open(image.device()).unwrap());
    let store = pace::run(Store::open(device)).unwrap();
    let [key] = store.keys(kinds::PREFIX..=kinds::PREFIX)[..] else { panic!("one state is kept") };
    let mut state = pace::run(store.get(key)).unwrap().unwrap();
    let middle = state.len() / 2;
    state[middle] ^= 1;
    let mut batch = Batch::new();
    batch.put(key, state);
    pace::run(store.commit(batch)).unwrap();
    drop(store);
    let mut system = System::boot(&options);
    let errors = system.events("error");
    let is_told = errors.iter().any(|event| text(event, "message").contains("changed since"));
    system.check("the state is refused", is_told, &Value::from(errors));
    assert!(system.events("warm_start").is_empty());
    system.wait("the start is kept anew", "start_kept", MODEL_TIMEOUT, |_| true);
    let reply = ask(&mut system, "What is my sister called?");
    system.check("it is recalled", text(&reply, "text").contains("Clara"), &reply);
}

#[test]
fn a_write_protected_disk_is_read_and_says_so() {
    let image = Image::ours("memory-protected.img", LEN_BYTES);
    let mut system = boot(&image, "virtio");
    system.output("/remember the boat is at pier 9");
    system.shut_down();
    let mut options = machine(&image, "virtio", ModelChoice::None);
    let drive = options.qemu_args.iter_mut().find(|argument| argument.starts_with("if=none"));
    drive.unwrap().push_str(",readonly=on");
    let before = image.bytes();
    let mut system = System::boot(&options);
    let errors = system.events("error");
    let is_told = errors.iter().any(|event| text(event, "message").contains("write-protected"));
    system.check("the person is told", is_told, &Value::from(errors));
    assert_eq!(system.output("/recall boat"), "the boat is at pier 9");
    let refused = system.refusal("/remember the boat is gone");
    assert!(refused.contains("reading only") || refused.contains("read-only"), "{refused}");
    system.shut_down();
    assert!(image.bytes() == before);
}
