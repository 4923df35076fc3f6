//! Models on a FAT volume in memory.

use super::*;
use alloc::{boxed::Box, rc::Rc, string::ToString, vec};
use llm_inference::{
    engine::Engine,
    testing::{Defect, TestModel, damaged_model},
};
use llm_tensor::CpuFeatures;
use system_files::fat::{Access, FormatOptions, format_small};
use system_platform::{BlockDevice, MemoryDisk, compute::SerialPool, pace};

/// A volume of 24 MiB with these files.
fn volume(files: &[(&str, &[u8])]) -> Volume {
    let disk = MemoryDisk::new(512, 48 << 10);
    let options = FormatOptions { label: "LLMOS-FILES", id: 7, first_block: 0 };
    pace::run(format_small(&disk, &options)).unwrap();
    let device: Rc<dyn BlockDevice> = Rc::new(disk);
    let mounted = Volume::mount(device, Access::ReadWrite, Box::new(|| None));
    let volume = pace::run(mounted).unwrap();
    pace::run(volume.create_folder("/models")).unwrap();
    for (path, bytes) in files {
        pace::run(volume.write(path, bytes)).unwrap();
    }
    volume
}

fn options() -> Options {
    Options::new(CpuFeatures::baseline())
}

#[test]
fn models_are_found_in_the_root_and_in_their_folder_whatever_the_case() {
    let volume = volume(&[
        ("/notes.txt", b"gguf"),
        ("/Big Model.GGUF", b"123"),
        ("/.gguf", b"a file without a name"),
        ("/models/small.gguf", b"12345"),
        ("/models/small.gguf.part", b"1"),
    ]);
    pace::run(volume.create_folder("/folder.gguf")).unwrap();
    let found = pace::run(find(&volume)).unwrap();
    let file = |path: &str, name: &str, size_bytes| ModelFile {
        name: name.into(),
        size_bytes,
        place: ModelPlace::Disk(path.into()),
        is_used: false,
    };
    let expected =
        [file("/Big Model.GGUF", "Big Model", 3), file("/models/small.gguf", "small", 5)];
    assert_eq!(found, expected);
    pace::run(volume.delete("/models/small.gguf")).unwrap();
    pace::run(volume.delete("/models/small.gguf.part")).unwrap();
    pace::run(volume.delete("/models")).unwrap();
    assert_eq!(pace::run(find(&volume)).unwrap().len(), 1);
}

#[test]
fn a_model_is_examined_read_and_loaded() {
    let model = TestModel::default().build();
    let volume = volume(&[("/models/tiny.gguf", &model)]);
    let examined = pace::run(examine_file(&volume, "/models/tiny.gguf", &options())).unwrap();
    let mut memory = vec![0; model.len()];
    let go_on = AtomicBool::new(false);
    pace::run(read_file(&volume, "/models/tiny.gguf", &mut memory, &go_on, |_| ())).unwrap();
    let engine = Engine::load(&memory, options(), &SerialPool).unwrap();
    assert_eq!(*engine.memory_plan(), examined.wanted);
}

#[test]
fn a_long_file_comes_in_parts_and_can_be_stopped_between_them() {
    let bytes: Vec<u8> = (0..2 * PART_BYTES + 1000).map(|at| (at % 251) as u8).collect();
    let volume = volume(&[("/long.gguf", &bytes)]);
    let mut memory = vec![0; bytes.len()];
    let (cancel, mut told) = (AtomicBool::new(false), Vec::new());
    let reading = read_file(&volume, "/long.gguf", &mut memory, &cancel, |done| told.push(done));
    pace::run(reading).unwrap();
    assert_eq!(memory, bytes);
    let part = PART_BYTES as u64;
    assert_eq!(told, [0, part, 2 * part, 2 * part + 1000]);

    let reading = read_file(&volume, "/long.gguf", &mut memory, &cancel, |done| {
        cancel.store(done >= part, Ordering::Relaxed);
        told.push(done);
    });
    assert_eq!(pace::run(reading), Err(FileError::Stopped));
    assert_eq!(told[4..], [0, part]);
}

#[test]
fn what_is_no_model_is_refused_by_its_beginning() {
    let damaged = damaged_model(Defect::UnsupportedArchitecture);
    let volume = volume(&[("/damaged.gguf", &damaged), ("/empty.gguf", b"")]);
    for path in ["/damaged.gguf", "/empty.gguf", "/none.gguf"] {
        let refused = pace::run(examine_file(&volume, path, &options()));
        assert!(refused.is_err(), "{path}");
    }
    let go_on = AtomicBool::new(false);
    let read = pace::run(read_file(&volume, "/empty.gguf", &mut [0; 5], &go_on, |_| ()));
    let message = "the file has 0 bytes, not 5 as before";
    assert_eq!(read.unwrap_err().to_string(), message);
}
