//! What every command needs of the host: the model file, the threads, the clock of the executor.

use crate::{args::Args, error::CliError, pool::ThreadPool};
use llm_inference::{
    embedding::Embedder,
    engine::{Engine, Options},
};
use llm_tensor::{CpuFeatures, cpu::LevelError};
use std::{
    path::{Path, PathBuf},
    str::FromStr,
    thread,
};

/// The options `--model`, `--threads`, `--context`, `--cpu`, `--scalar` and `--no-panels` that the
/// commands share.
#[derive(Clone)]
pub struct ModelOptions {
    /// The model file.
    pub path: PathBuf,
    /// Threads to compute with.
    pub threads: usize,
    /// Tokens of context.
    pub context: Option<usize>,
    /// What the kernels may use.
    pub cpu: CpuFeatures,
    /// Whether weights are copied into panels, if the kernels prefer that.
    pub has_panels: bool,
}

/// Kernels chosen by name.
struct Kernels(CpuFeatures);

impl FromStr for Kernels {
    type Err = LevelError;

    fn from_str(name: &str) -> Result<Self, LevelError> {
        CpuFeatures::by_name(name).map(Self)
    }
}

/// A model file in memory and the threads to run it.
pub struct Host {
    file: Vec<u8>,
    pool: ThreadPool,
    options: Options,
}

impl ModelOptions {
    /// Takes the options from a command line.
    pub fn from_args(args: &mut Args) -> Result<Self, CliError> {
        let path = match args.option("--model")? {
            Some(path) => path,
            None => default_model()?,
        };
        Self::for_model(path, args)
    }

    /// Takes the other options from a command line, for a model that is known.
    pub fn for_model(path: PathBuf, args: &mut Args) -> Result<Self, CliError> {
        let threads = match args.option("--threads")? {
            Some(threads) => threads,
            None => thread::available_parallelism().map_or(1, |count| count.get()),
        };
        let kernels: Option<Kernels> = args.option("--cpu")?;
        let cpu = if args.flag("--scalar") {
            CpuFeatures::baseline()
        } else {
            kernels.map_or_else(CpuFeatures::detect, |kernels| kernels.0)
        };
        Ok(Self {
            path,
            threads: threads.max(1),
            context: args.option("--context")?,
            cpu,
            has_panels: !args.flag("--no-panels"),
        })
    }

    /// Reads the file and starts the threads.
    pub fn open(&self) -> Result<Host, CliError> {
        let mut options = Options::new(self.cpu);
        options.context = self.context;
        options.panels &= self.has_panels;
        // Nobody waits for this program to yield.
        options.quantum = 1 << 30;
        Ok(Host { file: read(&self.path)?, pool: ThreadPool::new(self.threads), options })
    }
}

impl Host {
    /// The file.
    pub fn file(&self) -> &[u8] {
        &self.file
    }

    /// Loads the model.
    pub fn load(&self) -> Result<Engine<'_>, CliError> {
        Ok(Engine::load(&self.file, self.options, &self.pool)?)
    }

    /// Loads the model as one that makes vectors.
    pub fn load_embedder(&self) -> Result<Embedder<'_>, CliError> {
        let Options { cpu, quantum, .. } = self.options;
        Ok(Embedder::load(&self.file, cpu, quantum, &self.pool)?)
    }
}

/// Reads a file, with its name in the error.
pub fn read(path: &Path) -> Result<Vec<u8>, CliError> {
    std::fs::read(path).map_err(|error| CliError::File { path: path.to_path_buf(), error })
}

/// The model that the build downloads: `$LLM_OS_MODEL`, else its place in the cache.
fn default_model() -> Result<PathBuf, CliError> {
    const NAME: &str = "SmolLM2-135M-Instruct.Q4_1.gguf";
    let variable = |name| std::env::var_os(name).filter(|value| !value.is_empty());
    if let Some(path) = variable("LLM_OS_MODEL") {
        return Ok(path.into());
    }
    let cache = variable("LLMOS_CACHE").map(PathBuf::from).or_else(|| {
        let home = || variable("HOME").map(|home| Path::new(&home).join(".cache"));
        Some(variable("XDG_CACHE_HOME").map(PathBuf::from).or_else(home)?.join("llm-os"))
    });
    let path = cache.ok_or(CliError::NoModel(None))?.join(NAME);
    if path.is_file() { Ok(path) } else { Err(CliError::NoModel(Some(path))) }
}
