//! Another model for the agent, at run time: examined, read with progress, and put in the place of the
//! one before. Where that fails, the one before stays or is loaded again.

use super::{desk::Desk, event_log, host::KernelHost, observer::ConsoleObserver, status};
use crate::{
    boot::BootInfo,
    platform::{
        clock::KernelClock,
        memory::{
            file::{FileMemory, OutOfMemory},
            frames, heap,
        },
        model,
        pool::CpuPool,
    },
};
use alloc::{
    format,
    string::{String, ToString},
};
use console_ui::Role;
use core::fmt;
use llm_agent::{
    Agent, WindowError,
    models::{FileError, Free, ModelFile, ModelPlace, Need, Room, examine_file, read_file},
};
use llm_inference::{
    engine::{Engine, LoadError, Options, examine},
    model::LanguageModel,
};
use llm_tensor::CpuFeatures;
use system_core::address::PAGE_BYTES;
use system_events::{Event, MemoryPlan};
use system_platform::Clock;

/// Tokens of context where the boot entry does not say `context=N`: more would take memory that
/// few conversations need.
const DEFAULT_CONTEXT: usize = 4096;
/// Memory that is kept free for everything else: pictures, transcripts, the heap's slack.
const RESERVED_BYTES: u64 = 48 << 20;
/// In how many steps the event log has the progress of reading.
const LOGGED_STEPS: u64 = 10;

/// The agent of the kernel.
pub type KernelAgent = Agent<'static, Engine<'static>>;

/// What loading a model takes part in.
pub struct Stage<'s> {
    /// The screen.
    pub desk: &'s Desk,
    /// Who tells of what happens.
    pub observer: &'s ConsoleObserver,
    /// Where models are.
    pub host: &'static KernelHost,
    /// What the boot loader brought.
    pub boot: &'s BootInfo,
}

/// Why the agent did not get a model.
enum SwitchError {
    /// No disk has a volume with files any more.
    NoVolume,
    /// The boot loader brought no model.
    NoModule,
    /// The file.
    File(FileError),
    /// The model.
    Load(LoadError),
    /// Memory, known beforehand.
    NoRoom(Room),
    /// Memory for the file.
    Memory(OutOfMemory),
    /// The conversation has no place in the model's window.
    Window(WindowError),
}

impl Stage<'_> {
    /// Gives the agent the model that was asked for, and tells how that went.
    pub async fn switch(&self, agent: &mut KernelAgent, file: &ModelFile) {
        let before = self.host.model_files().used();
        if let Err(error) = self.exchange(agent, file).await {
            let text = format!("The model {} cannot be used: {error}.", file.name);
            self.observer.report_error("model", &text);
            if let Some(place) = before.filter(|_| agent.model().is_none()) {
                self.bring_back(agent, place).await;
            }
        } else {
            let text = format!("The conversation goes on with {}.", file.name);
            self.observer.say(Role::System, &text);
        }
        self.show(agent);
    }

    /// Loads the model again that had to go.
    async fn bring_back(&self, agent: &mut KernelAgent, place: ModelPlace) {
        if let Err(error) = self.load_into(agent, place).await {
            let text = format!("The model before cannot be loaded again: {error}.");
            self.observer.report_error("model", &text);
        }
    }

    fn show(&self, agent: &KernelAgent) {
        let shown = agent.model().map(|model| shown_name(model));
        status::show_model(self.desk, shown.as_deref());
    }

    async fn exchange(&self, agent: &mut KernelAgent, file: &ModelFile) -> Result<(), SwitchError> {
        let need = self.examine(file).await?;
        match Room::find(need, free(), self.held(agent)) {
            Room::Beside => {}
            Room::InPlace => self.replace(agent, None, None)?,
            nowhere @ Room::Nowhere { .. } => return Err(SwitchError::NoRoom(nowhere)),
        }
        self.load_into(agent, file.place.clone()).await
    }

    /// Checks the model's header; gives what it takes.
    async fn examine(&self, file: &ModelFile) -> Result<Need, SwitchError> {
        let options = options(self.boot);
        let (size_bytes, examined) = match &file.place {
            ModelPlace::Boot(_) => {
                let bytes = self.boot.model().ok_or(SwitchError::NoModule)?.bytes;
                let examined = examine(bytes, bytes.len() as u64, &options)?;
                (0, examined.ok_or(SwitchError::NoModule)?)
            }
            ModelPlace::Disk(path) => {
                let volume = self.host.model_files().volume();
                let volume = volume.ok_or(SwitchError::NoVolume)?;
                (file.size_bytes, examine_file(&volume, path, &options).await?)
            }
        };
        Ok(Need::new(size_bytes, &examined))
    }

    /// What the model in use would set free.
    fn held(&self, agent: &KernelAgent) -> Free {
        let Some(model) = agent.model() else { return Free::default() };
        let is_from_disk = matches!(self.host.model_files().used(), Some(ModelPlace::Disk(_)));
        let frames = if is_from_disk { model.info().size_bytes } else { 0 };
        Free { frames, heap: model.memory_plan().total() }
    }

    async fn load_into(
        &self,
        agent: &mut KernelAgent,
        place: ModelPlace,
    ) -> Result<(), SwitchError> {
        let started_ms = KernelClock.now_ms();
        let engine = match &place {
            ModelPlace::Boot(_) => {
                let module = self.boot.model().ok_or(SwitchError::NoModule)?;
                load_module(module.bytes, self.boot)?
            }
            ModelPlace::Disk(path) => {
                let file = self.read(path).await?;
                model::load(file, options(self.boot))?
            }
        };
        self.announce(&engine, place.path(), KernelClock.now_ms() - started_ms);
        self.replace(agent, Some(engine), Some(place))
    }

    fn replace(
        &self,
        agent: &mut KernelAgent,
        model: Option<Engine<'static>>,
        place: Option<ModelPlace>,
    ) -> Result<(), SwitchError> {
        agent.replace_model(model, self.observer).map_err(SwitchError::Window)?;
        self.host.model_files().set_used(place);
        Ok(())
    }

    /// Reads a file into memory of its own, with progress on the screen and in the log.
    async fn read(&self, path: &str) -> Result<FileMemory, SwitchError> {
        let volume = self.host.model_files().volume().ok_or(SwitchError::NoVolume)?;
        let size_bytes = volume.open(path).await.map_err(FileError::from)?.len_bytes();
        let mut file = FileMemory::allocate(size_bytes as usize)?;
        let name = path.rsplit('/').next().unwrap_or(path);
        let mut next_logged = 0;
        let progress = |done_bytes: u64| {
            let percent = (done_bytes * 100).checked_div(size_bytes).unwrap_or(100);
            status::show_model(self.desk, Some(&format!("reading {name}, {percent} %")));
            let step = (done_bytes * LOGGED_STEPS).checked_div(size_bytes).unwrap_or(0);
            if step >= next_logged {
                next_logged = step + 1;
                event_log::write(&Event::ModelLoading { name, done_bytes, size_bytes });
            }
        };
        read_file(&volume, path, file.bytes_mut(), self.desk.stop(), progress).await?;
        Ok(file)
    }

    /// Tells of a model that was loaded, and what is odd about it.
    pub fn announce(&self, engine: &Engine<'_>, path: &str, load_ms: u64) {
        let info = engine.info();
        let plan = engine.memory_plan();
        status::show_model(self.desk, Some(&shown_name(engine)));
        event_log::write(&Event::ModelLoaded {
            name: &info.name,
            architecture: &info.architecture,
            quantization: &info.quantization,
            parameters: info.parameters,
            size_bytes: info.size_bytes,
            context: plan.context as u64,
            memory: MemoryPlan {
                weights_bytes: plan.weights,
                kv_cache_bytes: plan.kv_cache,
                scratch_bytes: plan.scratch + plan.tables,
            },
            load_ms,
        });
        let template = engine.template_warning().map(ToString::to_string);
        let tokenizer = engine.tokenizer().warning().map(ToString::to_string);
        for warning in [template, tokenizer].into_iter().flatten() {
            self.observer.report_error("model", &format!("Of the model {path}: {warning}."));
        }
    }
}

fn shown_name(engine: &Engine<'_>) -> String {
    let info = engine.info();
    format!("{} {}", info.name, info.quantization)
}

/// Loads a model where the boot loader has put it.
pub fn load_module(file: &'static [u8], boot: &BootInfo) -> Result<Engine<'static>, LoadError> {
    Engine::load(file, options(boot), &CpuPool)
}

/// How models are loaded, with the memory that is free now.
fn options(boot: &BootInfo) -> Options {
    Options {
        context: boot.option_value("context").and_then(|value| value.parse().ok()),
        most_context: DEFAULT_CONTEXT,
        available_bytes: Some(free().total()),
        ..Options::new(CpuFeatures::detect())
    }
}

/// What of the memory a model may take.
fn free() -> Free {
    let heap = heap::usage();
    Free {
        frames: (frames::free_frames() * PAGE_BYTES).saturating_sub(RESERVED_BYTES),
        heap: heap.reserved_bytes.saturating_sub(heap.used_bytes),
    }
}

impl From<FileError> for SwitchError {
    fn from(error: FileError) -> Self {
        Self::File(error)
    }
}

impl From<LoadError> for SwitchError {
    fn from(error: LoadError) -> Self {
        Self::Load(error)
    }
}

impl From<OutOfMemory> for SwitchError {
    fn from(error: OutOfMemory) -> Self {
        Self::Memory(error)
    }
}

impl fmt::Display for SwitchError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoVolume => f.write_str("the disk with files is not there"),
            Self::NoModule => f.write_str("the boot loader brought no whole model"),
            Self::File(error) => error.fmt(f),
            Self::Load(error) => error.fmt(f),
            Self::NoRoom(room) => room.fmt(f),
            Self::Memory(error) => error.fmt(f),
            Self::Window(error) => error.fmt(f),
        }
    }
}
