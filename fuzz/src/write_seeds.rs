//! Writes the seeds of a target into a folder, where libFuzzer begins: `write-seeds TARGET FOLDER`.
#![forbid(unsafe_code)]

use std::{fs, path::Path, process::ExitCode};

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [name, folder] = &arguments[..] else {
        eprintln!("write-seeds TARGET FOLDER");
        return ExitCode::from(2);
    };
    let Some(target) = fuzz::target(name) else {
        let names: Vec<_> = fuzz::TARGETS.iter().map(|target| target.name).collect();
        eprintln!("there is no target {name:?}, only {}", names.join(", "));
        return ExitCode::from(2);
    };
    for (index, seed) in (target.seeds)().iter().enumerate() {
        let path = Path::new(folder).join(format!("seed-{index}"));
        if let Err(error) = fs::create_dir_all(folder).and_then(|()| fs::write(&path, seed)) {
            eprintln!("{}: {error}", path.display());
            return ExitCode::FAILURE;
        }
    }
    ExitCode::SUCCESS
}
