//! The command line.

use crate::bench::{self, BenchOptions};
use crate::bench_memory::{self, MemoryBenchOptions};
use crate::bootloader::BootloaderChoice;
use crate::disk::{self, DiskChoice, DiskOptions};
use crate::error::Error;
use crate::eval::{self, EvalOptions};
use crate::eval_memory::{self, MemoryEvalOptions};
use crate::image::{self, ImageOptions};
use crate::interactive::{self, AcceleratorChoice};
use crate::machine::{Boot, MachineOptions, Network, keys};
use crate::model::ModelChoice;
use crate::nightly::{self, FuzzOptions};
use crate::script::{self, Step};
use crate::torture::{self, TortureOptions};
use crate::{artifacts, lint, setup, suite, tools_doc};
use regex::Regex;
use std::env;
use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

/// How long a scripted run may take when nobody says. In seconds.
const SCRIPT_TIMEOUT_S: u64 = 300;

/// What `cargo xtask help` prints.
pub const HELP: &str = "\
cargo xtask <command>

  run [options] [steps]     start the system (also without any command)
  iso [options]             make an image for CD and USB stick, BIOS and UEFI
  disk [options]            make a disk image: a partition for files, one for the store
  test                      all tests, on the host and in QEMU
  bench-llm [options]       speed of the engine on this machine
  bench-memory [options]    speed of the search among memories on this machine
  eval-agent [--model FILE.gguf] [--cases FILE.jsonl]
                            the agent's choice of tools and its answers, over conversations
  eval-memory [--embedding FILE.gguf] [--cases FILE.jsonl]
                            how well memories are found by meaning, by words and by both
  torture [--kills N] [--seed N]
                            kill QEMU at random moments (200) and look for what was acknowledged
  tools-doc                 write docs/tools.md from the agent's tools
  measure                   start-up, speed and key latency in the emulator
  lint                      formatting and lints
  fuzz TARGET [--seconds N] bad input of libFuzzer's making, for a minute or as long as you say:
                            calculator, chunks, cron, fat, gguf, gpt, grammar, schema, store, template,
                            tokenizer, tool_call (docs/testing.md)
  miri                      the arithmetic's tests under Miri
  setup                     install what is missing
  help                      this text

Options of run
  --boot direct|iso-bios|iso-uefi   kernel directly (default), or the image on BIOS or UEFI
  --headless                no window: the console runs in this terminal
  --memory MIB              memory (1024)
  --cpus N                  CPUs (2)
  --cpu MODEL               QEMU's -cpu (max)
  --machine TYPE            QEMU's -machine (pc)
  --accel auto|tcg|kvm      who executes: auto is kvm where it works and nobody scripts, else tcg
  --model FILE.gguf|none    another model, or none
  --embedding FILE.gguf|none  another embedding model, or none (as without a model)
  --bootloader limine|grub  what boots the image
  --image FILE.iso          another image
  --kernel FILE             another kernel (direct)
  --cmdline TEXT            the kernel's command line (direct)
  --text                    VGA text instead of a picture
  --video WxH[x24]          size of the picture (direct, 1280x800)
  --disk FILE|none          a raw disk image, or none (disk.img here, made when it is first needed;
                            scripted runs: none)
  --net none|user           a network card (none)
  --events FILE             where the event log goes
  --serial FILE             where what the first serial port says goes (scripted runs)
  --timeout SECONDS         for the whole run (scripted: 300)
  --stay-on-panic           do not end when the kernel panics
  --qemu-arg ARG            one more argument for QEMU; may be repeated

Steps of run, done in the order given; exit code 0 when all were met, 1 with the unmet one named
  --wait REGEX              a line of the event log behind the last match
  --type TEXT               key presses, US layout; \\n is Enter
  --key NAME                one key: enter, esc, pgup, f1, ctrl-c, ...
  --sleep-ms N              do nothing
  --screenshot FILE.png     the screen

Options of bench-llm
  --model FILE.gguf         another model
  --peer                    llama.cpp too (installed when first needed), in turns with ours
  --threads N               threads; may be repeated (1, and all there are)
  --prompt N, --generate N  tokens of the prompt (256) and decoded behind it (64)
  --context-depth N         decode behind a prompt of N tokens too
  --context N               tokens of context (as many as needed)
  --rounds N                how often each has its turn (5)

Options of bench-memory
  --peer                    faiss and hnswlib too (installed when first needed), in turns with ours
  --count N, --queries N    vectors (100000) and questions (1000)
  --rounds N                how often each has its turn (7)

Options of iso
  --model FILE.gguf|none, --embedding FILE.gguf|none, --bootloader limine|grub, --text, --out FILE

Options of disk
  --size SIZE               64M, 1G, ... (1G)
  --out FILE                where it goes (disk.img here)
  --block-size 512|4096     bytes of a block (512)
  --force                   replace a file that is there

Environment: MODEL, EMBEDDING, BOOTLOADER, LIMINE_DIR, HEADLESS, MEMORY, CPUS, LLMOS_ACCEL,
  LLMOS_CACHE, SIZE (of disk), LLAMA_CPP_PYTHON (a Python with llama-cpp-python, for bench-llm --peer),
  FAISS_PYTHON (a Python with faiss-cpu and hnswlib, for bench-memory --peer)
";

/// What was asked for.
#[derive(Debug)]
pub enum Command {
    /// A machine for a person or for a script.
    Run(Box<RunCommand>),
    /// An image.
    Iso(ImageOptions),
    /// A disk image.
    Disk(DiskOptions),
    /// All tests.
    Test,
    /// The speed of the engine on the host.
    BenchLlm(BenchOptions),
    /// The speed of the search among memories.
    BenchMemory(MemoryBenchOptions),
    /// The agent's choice of tools and its answers.
    EvalAgent(EvalOptions),
    /// How well memories are found.
    EvalMemory(MemoryEvalOptions),
    /// Power cuts on the whole system.
    Torture(TortureOptions),
    /// The document of the agent's tools.
    ToolsDoc,
    /// The figures of the booted system.
    Measure,
    /// All checks.
    Lint,
    /// Bad input for a while.
    Fuzz(FuzzOptions),
    /// The tests that Miri can run.
    Miri,
    /// Installation.
    Setup,
    /// The text above.
    Help,
}

/// A machine, and what is done with it.
#[derive(Debug)]
pub struct RunCommand {
    machine: MachineOptions,
    accelerator: AcceleratorChoice,
    is_headless: bool,
    disk: DiskChoice,
    timeout: Option<Duration>,
    steps: Vec<Step>,
}

/// A command line that makes no sense.
#[derive(Debug, PartialEq, Eq)]
pub enum UsageError {
    /// No such command.
    UnknownCommand(String),
    /// No such option.
    UnknownOption(String),
    /// An option at the end that needs a value.
    MissingValue(String),
    /// A value that its option or variable cannot have.
    BadValue {
        /// The option or variable.
        option: String,
        /// The value.
        value: String,
        /// What it should be.
        expected: String,
    },
    /// An option that has no effect on this kind of boot.
    NotWithThisBoot(&'static str),
}

impl fmt::Display for UsageError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UnknownCommand(command) => write!(f, "there is no command {command:?}"),
            Self::UnknownOption(option) => write!(f, "there is no option {option:?}"),
            Self::MissingValue(option) => write!(f, "{option} needs a value"),
            Self::BadValue { option, value, expected } => {
                write!(f, "{option} cannot be {value:?}: {expected}")
            }
            Self::NotWithThisBoot(option) => write!(f, "{option} has no effect with this --boot"),
        }
    }
}

impl std::error::Error for UsageError {}

/// Reads the command line (without the program's name) and the environment.
pub fn parse(arguments: impl IntoIterator<Item = String>) -> Result<Command, UsageError> {
    parse_with(arguments, |name| env::var(name).ok().filter(|value| !value.is_empty()))
}

fn parse_with(
    arguments: impl IntoIterator<Item = String>,
    variable: impl Fn(&str) -> Option<String>,
) -> Result<Command, UsageError> {
    let mut arguments = arguments.into_iter().peekable();
    let is_command = arguments.peek().is_some_and(|first| !first.starts_with('-'));
    let command = if is_command { arguments.next() } else { None };
    match command.as_deref() {
        None if arguments
            .peek()
            .is_some_and(|first| ["-h", "--help"].contains(&first.as_str())) =>
        {
            Ok(Command::Help)
        }
        None | Some("run") => parse_run(arguments, variable).map(|run| Command::Run(Box::new(run))),
        Some("bench-llm") => BenchOptions::parse(arguments).map(Command::BenchLlm),
        Some("bench-memory") => MemoryBenchOptions::parse(arguments).map(Command::BenchMemory),
        Some("eval-agent") => parse_eval(arguments).map(Command::EvalAgent),
        Some("eval-memory") => parse_memory_eval(arguments).map(Command::EvalMemory),
        Some("torture") => parse_torture(arguments).map(Command::Torture),
        Some("iso") => parse_iso(arguments, variable).map(Command::Iso),
        Some("disk") => parse_disk(arguments, variable).map(Command::Disk),
        Some("fuzz") => parse_fuzz(arguments).map(Command::Fuzz),
        Some(name @ ("test" | "tools-doc" | "measure" | "lint" | "miri" | "setup" | "help")) => {
            match arguments.next() {
                Some(option) => Err(UsageError::UnknownOption(option)),
                None => Ok(match name {
                    "test" => Command::Test,
                    "lint" => Command::Lint,
                    "miri" => Command::Miri,
                    "measure" => Command::Measure,
                    "tools-doc" => Command::ToolsDoc,
                    "setup" => Command::Setup,
                    _ => Command::Help,
                }),
            }
        }
        Some(other) => Err(UsageError::UnknownCommand(other.to_owned())),
    }
}

fn parse_eval(mut arguments: impl Iterator<Item = String>) -> Result<EvalOptions, UsageError> {
    let mut options = EvalOptions::default();
    while let Some(option) = arguments.next() {
        let mut value = || arguments.next().ok_or(UsageError::MissingValue(option.clone()));
        match option.as_str() {
            "--model" => options.model = ModelChoice::parse(&value()?),
            "--cases" => options.cases = value()?.into(),
            _ => return Err(UsageError::UnknownOption(option)),
        }
    }
    Ok(options)
}

fn parse_memory_eval(
    mut arguments: impl Iterator<Item = String>,
) -> Result<MemoryEvalOptions, UsageError> {
    let mut options = MemoryEvalOptions::default();
    while let Some(option) = arguments.next() {
        let mut value = || arguments.next().ok_or(UsageError::MissingValue(option.clone()));
        match option.as_str() {
            "--embedding" => options.embedding = Some(value()?.into()),
            "--cases" => options.cases = Some(value()?.into()),
            _ => return Err(UsageError::UnknownOption(option)),
        }
    }
    Ok(options)
}

fn parse_torture(
    mut arguments: impl Iterator<Item = String>,
) -> Result<TortureOptions, UsageError> {
    let mut options = TortureOptions::default();
    while let Some(option) = arguments.next() {
        let name = option.as_str();
        let mut value = || arguments.next().ok_or(UsageError::MissingValue(option.clone()));
        match name {
            "--kills" => options.kills = number(name, value()?)?,
            "--seed" => options.seed = number(name, value()?)?,
            _ => return Err(UsageError::UnknownOption(option)),
        }
    }
    Ok(options)
}

fn parse_disk(
    mut arguments: impl Iterator<Item = String>,
    variable: impl Fn(&str) -> Option<String>,
) -> Result<DiskOptions, UsageError> {
    let mut options = DiskOptions::default();
    if let Some(text) = variable("SIZE") {
        options.len_bytes = size("SIZE", text)?;
    }
    while let Some(option) = arguments.next() {
        let mut value = || arguments.next().ok_or(UsageError::MissingValue(option.clone()));
        match option.as_str() {
            "--size" => options.len_bytes = size("--size", value()?)?,
            "--out" => options.output = value()?.into(),
            "--block-size" => options.block_bytes = block_size("--block-size", value()?)?,
            "--force" => options.is_forced = true,
            _ => return Err(UsageError::UnknownOption(option)),
        }
    }
    Ok(options)
}

fn size(option: &str, value: String) -> Result<u64, UsageError> {
    match disk::parse_size(&value) {
        Some(len_bytes) => Ok(len_bytes),
        None => bad(option, value, "a size like 64M or 1G, a multiple of 4096 bytes"),
    }
}

fn block_size(option: &str, value: String) -> Result<u32, UsageError> {
    match value.as_str() {
        "512" => Ok(512),
        "4096" => Ok(4096),
        _ => bad(option, value, "512 or 4096"),
    }
}

fn parse_fuzz(mut arguments: impl Iterator<Item = String>) -> Result<FuzzOptions, UsageError> {
    let mut target = None;
    let mut seconds = 60;
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--seconds" => {
                let value = arguments.next().ok_or(UsageError::MissingValue(argument))?;
                seconds = number("--seconds", value)?;
            }
            name if target.is_none() && !name.starts_with('-') => target = Some(argument),
            _ => return Err(UsageError::UnknownOption(argument)),
        }
    }
    let target = target.ok_or_else(|| UsageError::MissingValue("fuzz".into()))?;
    Ok(FuzzOptions { target, seconds })
}

fn parse_run(
    mut arguments: impl Iterator<Item = String>,
    variable: impl Fn(&str) -> Option<String>,
) -> Result<RunCommand, UsageError> {
    let mut machine = MachineOptions::default();
    let mut run = {
        let set = |name: &str| variable(name).unwrap_or_default();
        machine.model = ModelChoice::parse(&set("MODEL"));
        machine.embedding = ModelChoice::parse(&set("EMBEDDING"));
        machine.bootloader = bootloader("BOOTLOADER", set("BOOTLOADER"))?;
        if let Some(memory) = variable("MEMORY") {
            machine.memory_mib = number("MEMORY", memory)?;
        }
        if let Some(cpus) = variable("CPUS") {
            machine.cpus = number("CPUS", cpus)?;
        }
        RunCommand {
            machine,
            accelerator: accelerator("LLMOS_ACCEL", set("LLMOS_ACCEL"))?,
            is_headless: variable("HEADLESS").is_some_and(|value| value != "0"),
            disk: DiskChoice::Default,
            timeout: None,
            steps: Vec::new(),
        }
    };
    let machine = &mut run.machine;
    while let Some(option) = arguments.next() {
        let name = option.as_str();
        let mut value = || arguments.next().ok_or(UsageError::MissingValue(option.clone()));
        match name {
            "--boot" => machine.boot = boot(name, value()?)?,
            "--headless" => run.is_headless = true,
            "--memory" => machine.memory_mib = number(name, value()?)?,
            "--cpus" => machine.cpus = number(name, value()?)?,
            "--cpu" => machine.cpu = value()?,
            "--machine" => machine.machine = value()?,
            "--accel" => run.accelerator = accelerator(name, value()?)?,
            "--model" => machine.model = ModelChoice::parse(&value()?),
            "--embedding" => machine.embedding = ModelChoice::parse(&value()?),
            "--bootloader" => machine.bootloader = bootloader(name, value()?)?,
            "--image" => machine.image = Some(value()?.into()),
            "--kernel" => machine.kernel = Some(value()?.into()),
            "--cmdline" => machine.cmdline = value()?,
            "--text" => machine.text_mode = true,
            "--video" => machine.video_mode = Some(value()?),
            "--disk" => run.disk = DiskChoice::parse(&value()?),
            "--net" => machine.network = network(name, value()?)?,
            "--events" => machine.events = Some(value()?.into()),
            "--serial" => machine.serial = Some(value()?.into()),
            "--timeout" => run.timeout = Some(Duration::from_secs(number(name, value()?)?)),
            "--stay-on-panic" => machine.has_debug_exit = false,
            "--qemu-arg" => machine.qemu_args.push(value()?),
            "--wait" => run.steps.push(Step::Wait(pattern(name, value()?)?)),
            "--type" => run.steps.push(Step::Type(text(name, value()?)?)),
            "--key" => run.steps.push(Step::Key(key(name, value()?)?)),
            "--sleep-ms" => run.steps.push(Step::SleepMs(number(name, value()?)?)),
            "--screenshot" => run.steps.push(Step::Screenshot(PathBuf::from(value()?))),
            _ => return Err(UsageError::UnknownOption(option)),
        }
    }
    if machine.boot != Boot::Direct {
        let direct_only = [
            ("--cmdline", !machine.cmdline.is_empty()),
            ("--kernel", machine.kernel.is_some()),
            ("--video", machine.video_mode.is_some()),
        ];
        if let Some((option, _)) = direct_only.into_iter().find(|(_, is_set)| *is_set) {
            return Err(UsageError::NotWithThisBoot(option));
        }
    } else if machine.image.is_some() {
        return Err(UsageError::NotWithThisBoot("--image"));
    }
    Ok(run)
}

fn parse_iso(
    mut arguments: impl Iterator<Item = String>,
    variable: impl Fn(&str) -> Option<String>,
) -> Result<ImageOptions, UsageError> {
    let set = |name: &str| variable(name).unwrap_or_default();
    let mut options = ImageOptions {
        model: ModelChoice::parse(&set("MODEL")),
        embedding: ModelChoice::parse(&set("EMBEDDING")),
        bootloader: bootloader("BOOTLOADER", set("BOOTLOADER"))?,
        ..Default::default()
    };
    while let Some(option) = arguments.next() {
        let mut value = || arguments.next().ok_or(UsageError::MissingValue(option.clone()));
        match option.as_str() {
            "--model" => options.model = ModelChoice::parse(&value()?),
            "--embedding" => options.embedding = ModelChoice::parse(&value()?),
            "--bootloader" => options.bootloader = bootloader("--bootloader", value()?)?,
            "--text" => options.text_mode = true,
            "--out" => options.output = Some(value()?.into()),
            _ => return Err(UsageError::UnknownOption(option)),
        }
    }
    Ok(options)
}

fn bad<T>(option: &str, value: String, expected: impl Into<String>) -> Result<T, UsageError> {
    Err(UsageError::BadValue { option: option.to_owned(), value, expected: expected.into() })
}

fn number<T: std::str::FromStr + PartialOrd + From<u8>>(
    option: &str,
    value: String,
) -> Result<T, UsageError> {
    match value.parse::<T>() {
        Ok(number) if number > T::from(0) => Ok(number),
        _ => bad(option, value, "a whole number from 1 on"),
    }
}

fn boot(option: &str, value: String) -> Result<Boot, UsageError> {
    match value.as_str() {
        "direct" => Ok(Boot::Direct),
        "iso-bios" => Ok(Boot::IsoBios),
        "iso-uefi" => Ok(Boot::IsoUefi),
        _ => bad(option, value, "direct, iso-bios or iso-uefi"),
    }
}

fn network(option: &str, value: String) -> Result<Network, UsageError> {
    match value.as_str() {
        "none" => Ok(Network::None),
        "user" => Ok(Network::User),
        _ => bad(option, value, "none or user"),
    }
}

fn bootloader(option: &str, value: String) -> Result<BootloaderChoice, UsageError> {
    match BootloaderChoice::parse(&value) {
        Some(choice) => Ok(choice),
        None => bad(option, value, "limine or grub"),
    }
}

fn accelerator(option: &str, value: String) -> Result<AcceleratorChoice, UsageError> {
    match AcceleratorChoice::parse(&value) {
        Some(choice) => Ok(choice),
        None => bad(option, value, "auto, tcg or kvm"),
    }
}

fn pattern(option: &str, value: String) -> Result<String, UsageError> {
    match Regex::new(&value) {
        Ok(_) => Ok(value),
        Err(error) => bad(option, value, error.to_string()),
    }
}

fn text(option: &str, value: String) -> Result<String, UsageError> {
    let text = script::unescape(&value);
    match keys::chords_for_text(&text) {
        Ok(_) => Ok(text),
        Err(error) => bad(option, value, error.to_string()),
    }
}

fn key(option: &str, value: String) -> Result<String, UsageError> {
    match keys::chord_for_name(&value) {
        Ok(_) => Ok(value),
        Err(error) => bad(option, value, error.to_string()),
    }
}

/// Does it.
pub fn execute(command: Command) -> Result<(), Error> {
    match command {
        Command::Run(run) => execute_run(*run),
        Command::Iso(options) => {
            let image = image::build(&options)?;
            println!("{} ({})", image.path.display(), image.bootloader);
            Ok(())
        }
        Command::Disk(options) => {
            disk::make(&options)?;
            println!("{}", options.output.display());
            Ok(())
        }
        Command::Test => suite::run(),
        Command::Lint => lint::run(),
        Command::BenchLlm(options) => bench::run(&options),
        Command::BenchMemory(options) => bench_memory::run(&options),
        Command::Fuzz(options) => nightly::fuzz(&options),
        Command::Miri => nightly::miri(),
        Command::EvalAgent(options) => eval::run(&options),
        Command::EvalMemory(options) => eval_memory::run(&options),
        Command::Torture(options) => torture::run(&options),
        Command::ToolsDoc => tools_doc::run(),
        Command::Measure => crate::measure::run(),
        Command::Setup => {
            setup::ensure_all()?;
            artifacts::default_model()?;
            artifacts::default_embedding()?;
            Ok(())
        }
        Command::Help => {
            print!("{HELP}");
            Ok(())
        }
    }
}

fn execute_run(run: RunCommand) -> Result<(), Error> {
    setup::ensure_rust()?;
    setup::ensure(setup::TO_RUN)?;
    let mut machine = run.machine;
    machine.has_window = !run.is_headless && interactive::has_display();
    let is_scripted = !run.steps.is_empty();
    machine.disk = match run.disk {
        DiskChoice::None => None,
        DiskChoice::File(path) => Some(path),
        // A script must find the same each time; a person wants to find what was left.
        DiskChoice::Default if is_scripted => None,
        DiskChoice::Default => Some(disk::ensure_default()?),
    };
    // A script must run the same everywhere; a person wants it fast.
    machine.accelerator = match (run.accelerator, is_scripted) {
        (AcceleratorChoice::Auto, true) => AcceleratorChoice::Tcg.resolve()?,
        (choice, _) => choice.resolve()?,
    };
    if is_scripted {
        let timeout = run.timeout.unwrap_or(Duration::from_secs(SCRIPT_TIMEOUT_S));
        return script::run(&machine, &run.steps, timeout);
    }
    if machine.has_window {
        machine.has_debug_exit = false;
    }
    interactive::run(&machine, run.timeout)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse_line(line: &str, variables: &[(&str, &str)]) -> Result<Command, UsageError> {
        let arguments = line.split_whitespace().map(str::to_owned);
        parse_with(arguments, |name| {
            let found = variables.iter().find(|(known, _)| *known == name);
            found.map(|(_, value)| (*value).to_owned())
        })
    }

    fn run_of(line: &str) -> RunCommand {
        match parse_line(line, &[]).unwrap() {
            Command::Run(run) => *run,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn nothing_at_all_starts_the_system() {
        let run = run_of("");
        assert_eq!(run.machine.boot, Boot::Direct);
        assert_eq!((run.machine.memory_mib, run.machine.cpus), (1024, 2));
        assert!(run.steps.is_empty());
    }

    #[test]
    fn a_disk_is_named_or_left_out() {
        assert_eq!(run_of("run").disk, DiskChoice::Default);
        assert_eq!(run_of("run --disk none").disk, DiskChoice::None);
        assert_eq!(run_of("run --disk x.img").disk, DiskChoice::File("x.img".into()));
    }

    #[test]
    fn steps_keep_their_order() {
        let run =
            run_of(r"run --wait ready --headless --type hi\n --key esc --sleep-ms 5 --wait x");
        let steps = [
            Step::Wait("ready".into()),
            Step::Type("hi\n".into()),
            Step::Key("esc".into()),
            Step::SleepMs(5),
            Step::Wait("x".into()),
        ];
        assert_eq!(run.steps, steps);
        assert!(run.is_headless);
    }

    #[test]
    fn machine_options_are_taken_over() {
        let run = run_of(
            "run --boot iso-uefi --memory 512 --cpus 1 --cpu qemu64 --model none --net user \
             --bootloader grub --timeout 9 --qemu-arg -vga --qemu-arg cirrus",
        );
        assert_eq!(run.machine.boot, Boot::IsoUefi);
        assert_eq!((run.machine.memory_mib, run.machine.cpus), (512, 1));
        assert_eq!(run.machine.cpu, "qemu64");
        assert_eq!(run.machine.model, ModelChoice::None);
        assert_eq!(run.machine.network, Network::User);
        assert_eq!(run.machine.bootloader, BootloaderChoice::Grub);
        assert_eq!(run.timeout, Some(Duration::from_secs(9)));
        assert_eq!(run.machine.qemu_args, ["-vga", "cirrus"]);
    }

    #[test]
    fn the_document_of_the_tools_takes_no_options() {
        assert!(matches!(parse_line("tools-doc", &[]), Ok(Command::ToolsDoc)));
        assert!(parse_line("tools-doc --out x", &[]).is_err());
    }

    #[test]
    fn a_disk_has_a_size_and_replaces_nothing_unasked() {
        let disk = |line, variables: &[_]| match parse_line(line, variables) {
            Ok(Command::Disk(options)) => Ok(options),
            Ok(other) => panic!("{other:?}"),
            Err(error) => Err(error.to_string()),
        };
        let options = disk("disk", &[]).unwrap();
        assert_eq!((options.len_bytes, options.block_bytes), (1 << 30, 512));
        assert!(!options.is_forced && options.output.ends_with("disk.img"));
        assert_eq!(disk("disk", &[("SIZE", "64M")]).unwrap().len_bytes, 64 << 20);
        let line = "disk --size 2G --out x.img --block-size 4096 --force";
        let options = disk(line, &[("SIZE", "64M")]).unwrap();
        assert_eq!((options.len_bytes, options.block_bytes), (2 << 30, 4096));
        assert!(options.is_forced && options.output.ends_with("x.img"));
        assert_eq!(
            disk("disk --size big", &[]),
            Err("--size cannot be \"big\": a size like 64M or 1G, a multiple of 4096 bytes".into())
        );
        assert_eq!(
            disk("disk --block-size 513", &[]),
            Err("--block-size cannot be \"513\": 512 or 4096".into())
        );
    }

    #[test]
    fn a_fuzz_run_has_a_target_and_takes_a_minute() {
        let fuzz = |line| match parse_line(line, &[]) {
            Ok(Command::Fuzz(options)) => Ok((options.target, options.seconds)),
            Ok(other) => panic!("{other:?}"),
            Err(error) => Err(error.to_string()),
        };
        assert_eq!(fuzz("fuzz gguf"), Ok(("gguf".into(), 60)));
        assert_eq!(fuzz("fuzz --seconds 5 template"), Ok(("template".into(), 5)));
        assert_eq!(fuzz("fuzz"), Err("fuzz needs a value".into()));
        assert_eq!(fuzz("fuzz a b"), Err("there is no option \"b\"".into()));
        assert!(fuzz("fuzz a --seconds 0").is_err());
    }

    #[test]
    fn errors_name_the_argument() {
        let error = |line| parse_line(line, &[]).unwrap_err().to_string();
        assert_eq!(error("fly"), "there is no command \"fly\"");
        assert_eq!(error("run --fast"), "there is no option \"--fast\"");
        assert_eq!(error("run --wait"), "--wait needs a value");
        assert_eq!(
            error("run --boot usb"),
            "--boot cannot be \"usb\": direct, iso-bios or iso-uefi"
        );
        assert_eq!(error("--cpus 0"), "--cpus cannot be \"0\": a whole number from 1 on");
        assert!(error("run --wait (").starts_with("--wait cannot be \"(\""));
        assert!(error("run --key hyper-x").contains("no key is named"));
        assert!(error("run --type é").contains("no key of a US keyboard types"));
        assert_eq!(
            error("run --boot iso-bios --cmdline x"),
            "--cmdline has no effect with this --boot"
        );
        assert_eq!(error("test --fast"), "there is no option \"--fast\"");
    }

    #[test]
    fn variables_set_defaults_and_options_win() {
        let variables = [
            ("MEMORY", "512"),
            ("CPUS", "4"),
            ("HEADLESS", "1"),
            ("MODEL", "none"),
            ("EMBEDDING", "e.gguf"),
        ];
        let Command::Run(run) = parse_line("run --cpus 1", &variables).unwrap() else { panic!() };
        assert_eq!((run.machine.memory_mib, run.machine.cpus), (512, 1));
        assert!(run.is_headless);
        assert_eq!(run.machine.model, ModelChoice::None);
        assert_eq!(run.machine.embedding, ModelChoice::File("e.gguf".into()));
        let error = parse_line("run", &[("BOOTLOADER", "lilo")]).unwrap_err();
        assert_eq!(error.to_string(), "BOOTLOADER cannot be \"lilo\": limine or grub");
    }
}
