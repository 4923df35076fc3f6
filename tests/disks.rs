//! Disks of every kind are found, read and written, and no disk is written to that is not made for
//! it.

use serde_json::Value;
use std::fs;
use tests::{
    image::Image,
    system::{PROMPT_TIMEOUT, System, artifacts, number},
};
use xtask::{machine::MachineOptions, model::ModelChoice};

/// What a disk begins with that the self-test may write to.
const MARK: &[u8] = b"LLM OS SCRATCH DISK: everything on it may be overwritten.\n";
/// What the self-test writes behind the first block, in bytes.
const WRITTEN_BYTES: usize = 300 * 1024;

/// A disk that is filled with a pattern but for its beginning.
struct Filled {
    image: Image,
    block_bytes: usize,
}

impl Filled {
    /// A disk of so many blocks; the first one begins with `start`, the others are 0xA5.
    fn new(name: &str, block_bytes: usize, blocks: usize, start: &[u8]) -> Self {
        let mut bytes = vec![0xA5; block_bytes * blocks];
        bytes[..start.len()].copy_from_slice(start);
        Self { image: Image::of(&format!("disk-{name}.img"), &bytes), block_bytes }
    }

    /// Whether block `block` is what the self-test writes.
    fn is_written(&self, bytes: &[u8], block: usize) -> bool {
        let found = &bytes[block * self.block_bytes..(block + 1) * self.block_bytes];
        let expected = |at: usize| (block * 13 + at * 7 + (at >> 8) * 29) as u8;
        (0..found.len()).all(|at| found[at] == expected(at))
    }

    /// The self-test wrote where it should, and nowhere else.
    fn check_written(&self) {
        let name = self.image.path();
        let bytes = self.image.bytes();
        let last = bytes.len() / self.block_bytes - 1;
        let written = WRITTEN_BYTES / self.block_bytes;
        assert!(bytes.starts_with(MARK), "{name}: the mark is gone");
        for block in (1..=written).chain([last]) {
            assert!(self.is_written(&bytes, block), "{name}: block {block} was not written");
        }
        let untouched = &bytes[(written + 1) * self.block_bytes..last * self.block_bytes];
        let strayed = untouched.iter().position(|byte| *byte != 0xA5);
        assert_eq!(strayed, None, "{name}: something was written elsewhere");
    }
}

/// A machine with more arguments, and without a model.
fn machine(machine: &str, arguments: &[String]) -> MachineOptions {
    MachineOptions {
        machine: machine.to_owned(),
        model: ModelChoice::None,
        qemu_args: arguments.to_vec(),
        ..Default::default()
    }
}

fn device(text: &str) -> [String; 2] {
    ["-device".to_owned(), text.to_owned()]
}

/// The disk that a driver has found, once it has.
fn found(system: &mut System, driver: &str) -> Value {
    let is_it = |event: &Value| event["driver"] == driver;
    if let Some(event) = system.events("disk").into_iter().find(is_it) {
        return event;
    }
    system.wait(&format!("the {driver} disk is found"), "disk", PROMPT_TIMEOUT, is_it)
}

fn check_size(system: &mut System, disk: &Value, blocks: u64, block_bytes: u64) {
    let is_it = number(disk, "blocks") == blocks && number(disk, "block_bytes") == block_bytes;
    system.check("the disk has its size", is_it, disk);
}

fn check_selftest(system: &mut System, disks: usize, marked: usize) {
    let report = system.output("/selftest disk");
    let read = format!("first and last block of {disks}\n");
    let wrote = format!("{marked} of {disks} are marked as such\n");
    let is_it = report.contains(&read) && report.contains(&wrote);
    system.check("the disks work", is_it, &Value::from(report));
}

/// Boots with one disk of each driver, has the self-test write to them, and looks at the images.
fn check_all_kinds(machine_type: &str) {
    let images = [
        ("virtio", Filled::new("virtio", 512, 4096, MARK), "virtio-blk-pci,drive=virtio,serial=V1"),
        ("ahci", Filled::new("ahci", 512, 6000, MARK), "ide-hd,drive=ahci,bus=sata.0"),
        ("nvme", Filled::new("nvme", 512, 8192, MARK), "nvme,drive=nvme,serial=N1"),
    ];
    let mut arguments = device("ahci,id=sata").to_vec();
    for (id, image, kind) in &images {
        arguments.extend(image.image.drive(id));
        arguments.extend(device(kind));
    }
    let mut system = System::boot(&machine(machine_type, &arguments));
    for (driver, image, _) in &images {
        let disk = found(&mut system, driver);
        let blocks = image.image.bytes().len() / image.block_bytes;
        check_size(&mut system, &disk, blocks as u64, image.block_bytes as u64);
        system.check("the disk may be written", disk["read_only"] == false, &disk);
    }
    check_selftest(&mut system, images.len(), images.len());
    system.shut_down();
    for (_, image, _) in &images {
        image.check_written();
    }
}

#[test]
fn every_kind_of_disk_is_found_and_written_on_an_old_board() {
    check_all_kinds("pc");
}

#[test]
fn every_kind_of_disk_is_found_and_written_on_a_pci_express_board() {
    check_all_kinds("q35");
}

#[test]
fn a_disk_without_the_mark_is_never_written() {
    let image = Filled::new("unmarked", 512, 2048, b"somebody's data");
    let before = image.image.bytes();
    let arguments = [&image.image.drive("a")[..], &device("virtio-blk-pci,drive=a")].concat();
    let mut system = System::boot(&machine("pc", &arguments));
    found(&mut system, "virtio");
    check_selftest(&mut system, 1, 0);
    system.shut_down();
    assert_eq!(image.image.bytes(), before);
}

#[test]
fn a_write_protected_disk_says_so_and_is_only_read() {
    let image = Filled::new("protected", 512, 2048, MARK);
    let before = image.image.bytes();
    let [option, drive] = image.image.drive("a");
    let arguments =
        [&[option, format!("{drive},readonly=on")][..], &device("virtio-blk-pci,drive=a")].concat();
    let mut system = System::boot(&machine("pc", &arguments));
    let disk = found(&mut system, "virtio");
    system.check("the disk is write-protected", disk["read_only"] == true, &disk);
    check_selftest(&mut system, 1, 0);
    system.shut_down();
    assert_eq!(image.image.bytes(), before);
}

#[test]
fn disks_with_large_blocks_are_read_and_written() {
    let virtio = Filled::new("virtio-4k", 4096, 512, MARK);
    let nvme = Filled::new("nvme-4k", 4096, 700, MARK);
    let blocks = "logical_block_size=4096,physical_block_size=4096";
    let arguments = [
        virtio.image.drive("a"),
        device(&format!("virtio-blk-pci,drive=a,{blocks}")),
        nvme.image.drive("b"),
        device("nvme,id=controller,serial=N1"),
        device(&format!("nvme-ns,drive=b,bus=controller,{blocks}")),
    ];
    let mut system = System::boot(&machine("q35", &arguments.concat()));
    for (driver, count) in [("virtio", 512), ("nvme", 700)] {
        let disk = found(&mut system, driver);
        check_size(&mut system, &disk, count, 4096);
    }
    check_selftest(&mut system, 2, 2);
    system.shut_down();
    virtio.check_written();
    nvme.check_written();
}

/// A disk whose last block cannot be read or written, which the self-test tells in `words`. (The
/// firmware looks at the first one.)
fn check_bad_place(driver: &str, words: &str, kind: &[[String; 2]]) {
    let image = Filled::new(&format!("bad-{driver}"), 512, 4096, MARK);
    let before = image.image.bytes();
    let path = image.image.path().replace(',', ",,");
    let rules = artifacts().join("disk-bad-rules.txt");
    fs::write(&rules, "[inject-error]\nevent = \"none\"\nerrno = \"5\"\nsector = \"4095\"\n")
        .expect("the build's folder can be written");
    let drive = format!(
        "if=none,id=a,driver=raw,file.driver=blkdebug,file.config={},file.image.filename={path},\
         file.image.driver=file,rerror=report,werror=report",
        rules.display()
    );
    let arguments = [&["-drive".to_owned(), drive][..], &kind.concat()].concat();
    let mut system = System::boot(&machine("pc", &arguments));
    let disk = found(&mut system, driver);
    check_size(&mut system, &disk, 4096, 512);
    let report = system.refusal("/selftest disks can be read");
    let is_it = report.contains(words);
    system.check("the bad place is named", is_it, &Value::from(report));
    // Everything before that place is written and read as ever.
    let report = system.refusal("/selftest scratch disks");
    let is_it = report.contains(words);
    system.check("the disk goes on until there", is_it, &Value::from(report));
    system.shut_down();
    assert_ne!(image.image.bytes(), before, "the self-test has written");
}

#[test]
fn a_bad_place_of_a_virtio_disk_is_an_error_and_the_disk_goes_on() {
    check_bad_place("virtio", "at block 4095: bad medium", &[device("virtio-blk-pci,drive=a")]);
}

#[test]
fn a_bad_place_of_a_sata_disk_is_an_error_and_the_disk_goes_on() {
    // QEMU's disk says "aborted", as it does for everything.
    check_bad_place(
        "ahci",
        "code 0x40000441",
        &[device("ahci,id=sata"), device("ide-hd,drive=a,bus=sata.0")],
    );
}

#[test]
fn a_bad_place_of_an_nvme_disk_is_an_error_and_the_disk_goes_on() {
    check_bad_place("nvme", "at block 4095: bad medium", &[device("nvme,drive=a,serial=N1")]);
}
