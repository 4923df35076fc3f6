//! Disks and the tools of others: what mtools writes is read, and what we write is what mtools reads
//! and `fsck.vfat` has nothing to say about. Missing tools are a failure that says what to install.

use std::{
    ffi::OsStr,
    fs,
    path::{Path, PathBuf},
    rc::Rc,
};
use system_files::{
    fat::{Access, Kind, Volume},
    probe::{Contents, Data, probe},
};
use system_host::FileDisk;
use system_platform::{BlockDevice, Partition, pace};
use tests::image::tool;
use xtask::{
    disk::{self, DiskOptions},
    setup,
};

const MIB: u64 = 1 << 20;

/// A folder for the images of one test.
struct Folder(PathBuf);

impl Folder {
    fn new(test: &str) -> Self {
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(test);
        let _ = fs::remove_dir_all(&path);
        fs::create_dir_all(&path).unwrap();
        setup::ensure(setup::TO_CHECK_DISKS).unwrap_or_else(|error| panic!("{error}"));
        Self(path)
    }

    fn file(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn open(path: &Path, is_read_only: bool) -> Rc<dyn BlockDevice> {
    Rc::new(FileDisk::open(path, 512, is_read_only).unwrap())
}

fn mount(device: Rc<dyn BlockDevice>, access: Access) -> Volume {
    pace::run(Volume::mount(device, access, Box::new(|| None))).unwrap()
}

fn contents(len: usize) -> Vec<u8> {
    (0..len).map(|index| (index / 7) as u8 ^ (index % 251) as u8).collect()
}

#[test]
fn volumes_that_mtools_has_made_are_read() {
    let folder = Folder::new("disks-mtools");
    let bytes = contents(100_000);
    fs::write(folder.file("bytes"), &bytes).unwrap();
    for (kind, mib, options) in
        [(Kind::Fat12, 2, &[][..]), (Kind::Fat16, 32, &[]), (Kind::Fat32, 64, &["-F"])]
    {
        let image = folder.file(&format!("{kind}.img"));
        fs::File::create(&image).unwrap().set_len(mib * MIB).unwrap();
        let sectors = (mib * MIB / 512).to_string();
        let mut arguments: Vec<&dyn AsRef<OsStr>> =
            options.iter().map(|option| option as &dyn AsRef<OsStr>).collect();
        arguments.extend([&"-v" as &dyn AsRef<OsStr>, &"STICK", &"-T", &sectors, &"-i", &image]);
        tool("mformat", &[&arguments[..], &[&"::"]].concat());
        tool("mmd", &[&"-i", &image, &"::/Fotos und Filme"]);
        let target = "::/Fotos und Filme/Größe – a long name.bin";
        tool("mcopy", &[&"-i", &image, &folder.file("bytes"), &target]);
        tool("mcopy", &[&"-i", &image, &folder.file("bytes"), &"::/SHORT.BIN"]);

        let disk = open(&image, true);
        let found = pace::run(probe(&disk)).unwrap();
        assert_eq!(found, Contents::Whole(Data::Fat(kind)));
        let volume = mount(disk, Access::ReadOnly);
        assert_eq!(pace::run(volume.label()).unwrap().as_deref(), Some("STICK"), "{kind}");
        let root = pace::run(volume.list("/")).unwrap();
        let names: Vec<_> = root.iter().map(|item| item.name.as_str()).collect();
        assert_eq!(names, ["Fotos und Filme", "SHORT.BIN"], "{kind}");
        for path in ["/Fotos und Filme/Größe – a long name.bin", "/short.bin"] {
            assert_eq!(pace::run(volume.read(path, usize::MAX)).unwrap(), bytes, "{kind} {path}");
        }
        let report = pace::run(volume.check()).unwrap();
        assert_eq!((report.files, report.folders, report.lost_clusters), (2, 1, 0), "{kind}");
        assert_eq!(report.damage, [], "{kind}");
    }
}

/// The partition for files of an image, as a file of its own.
fn cut_out(image: &Path, first: u64, blocks: u64, block_bytes: u64, to: &Path) {
    use std::os::unix::fs::FileExt;
    let from = fs::File::open(image).unwrap();
    let to = fs::File::create(to).unwrap();
    to.set_len(blocks * block_bytes).unwrap();
    let mut buffer = vec![0; MIB as usize];
    for at in (0..blocks * block_bytes).step_by(buffer.len()) {
        from.read_exact_at(&mut buffer, first * block_bytes + at).unwrap();
        if buffer.iter().any(|byte| *byte != 0) {
            to.write_all_at(&buffer, at).unwrap();
        }
    }
}

#[test]
fn disks_that_we_have_made_and_written_please_mtools_and_fsck() {
    let folder = Folder::new("disks-ours");
    for (block_bytes, mib) in [(512, 64), (512, 512), (4096, 320)] {
        let (image, part) = (folder.file("disk.img"), folder.file("part.img"));
        let options = DiskOptions {
            len_bytes: mib * MIB,
            output: image.clone(),
            block_bytes,
            is_forced: true,
        };
        let layout = disk::make(&options).unwrap();
        let extent = layout.files;
        let cut = || cut_out(&image, extent.first, extent.blocks, block_bytes.into(), &part);
        cut();
        tool("fsck.vfat", &[&"-n", &part]);

        let disk = Rc::new(FileDisk::open(&image, block_bytes, false).unwrap());
        let device = Rc::new(Partition::new(disk, extent.first, extent.blocks).unwrap());
        let volume = mount(device, Access::ReadWrite);
        let bytes = contents(1_000_001);
        pace::run(async {
            volume.create_folder("/Ein Ordner").await?;
            volume.write("/Ein Ordner/Größe – a long name.bin", &bytes[..9]).await?;
            volume.write("/Ein Ordner/Größe – a long name.bin", &bytes[..1000]).await?;
            volume.append("/Ein Ordner/Größe – a long name.bin", &bytes[1000..]).await?;
            volume.write("/SHORT.TXT", b"short").await?;
            volume.write("/lower.txt", b"lower").await?;
            for index in 0..100 {
                let path = format!("/Ein Ordner/one of many names {index}.text");
                volume.write(&path, &bytes[..index]).await?;
            }
            volume.delete("/Ein Ordner/one of many names 50.text").await?;
            volume.rename("/lower.txt", "/Ein Ordner/Moved.txt").await?;
            volume.create_folder("/Moved").await?;
            volume.create_folder("/Moved/inner").await?;
            volume.rename("/Moved/inner", "/Ein Ordner/Inner").await?;
            volume.sync().await
        })
        .unwrap();

        cut();
        let said = tool("fsck.vfat", &[&"-n", &"-v", &part]);
        // Folders are files to it; the label is not.
        assert!(said.contains("105 files") || said.contains("106 files"), "{said}");
        let listing = tool("mdir", &[&"-i", &part, &"-/", &"-b", &"::"]);
        assert!(listing.contains("::/Ein Ordner/Moved.txt"), "{listing}");
        assert_eq!(listing.matches("one of many").count(), 99, "{listing}");
        let info = tool("minfo", &[&"-i", &part, &"::"]);
        assert!(info.contains("LLMOS-FILES"), "{info}");
        let copy = folder.file("copy");
        let source = "::/Ein Ordner/Größe – a long name.bin";
        tool("mcopy", &[&"-n", &"-i", &part, &source, &copy]);
        assert_eq!(fs::read(&copy).unwrap(), bytes);
    }
}
