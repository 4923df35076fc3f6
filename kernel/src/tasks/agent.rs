//! The agent's task: loads the model, says that the system is ready, and takes line after line.

use super::{
    Either,
    desk::Desk,
    either, embedding, event_log,
    host::KernelHost,
    observer::ConsoleObserver,
    status, storage,
    switch_model::{Stage, load_module},
};
use crate::{
    boot::BootInfo,
    platform::{clock::KernelClock, executor::KernelPacer},
};
use alloc::{format, rc::Rc, string::String};
use core::pin::pin;
use drivers_ps2::ControllerError;
use llm_agent::{Agent, AgentEvent, Config, EmbeddingModel, Host, Observer, models::ModelPlace};
use llm_inference::{engine::Engine, model::LanguageModel};
use llm_tensor::CpuFeatures;
use system_core::{channel::Receiver, timer::Timers};
use system_events::{DisplayInfo, Event};
use system_platform::Clock;

/// Runs the agent for ever.
pub async fn run(
    desk: Rc<Desk>,
    mut lines: Receiver<String>,
    host: &'static KernelHost,
    boot: BootInfo,
    display: DisplayInfo,
    keyboard_error: Option<ControllerError>,
) {
    let observer = ConsoleObserver::new(desk.clone());
    if boot.model().is_some() {
        status::show_model(&desk, Some("loading the model"));
    }
    desk.next_drawing().await;
    let stage = Stage { desk: &desk, observer: &observer, host, boot: &boot };
    let model = load_model(&stage);
    if let Some(error) = &keyboard_error {
        let text = format!("{error}. The serial console on COM1 takes input.");
        observer.report_error("keyboard", &text);
    }
    if boot.embedding().is_some() {
        host.set_embedding(EmbeddingModel::Waiting);
    }
    // Before the agent begins: the model is told of tools for files only where there are files.
    let mut storage = storage::open(&observer, host, &boot).await;
    let mut agent = match Agent::new(model, host, Config::default()) {
        Ok(agent) => agent,
        Err(error) => {
            status::show_model(&desk, None);
            host.model_files().set_used(None);
            let text = format!("The system prompt does not fit: {error}. The model is not used.");
            observer.report_error("agent", &text);
            let without_model = Agent::new(None::<Engine<'static>>, host, Config::default());
            without_model.unwrap_or_else(|error| panic!("an agent without a model: {error}"))
        }
    };
    storage.attach(&observer, &mut agent).await;
    observer.on_event(&AgentEvent::Context(agent.usage()));
    desk.update(|console| console.view.set_keymap(host.keymap()));
    desk.next_drawing().await;
    event_log::write(&Event::Ready {
        since_entry_ms: KernelClock.now_ms(),
        cpus: host.machine().cpus().iter().filter(|cpu| cpu.is_online).count() as u32,
        simd: CpuFeatures::detect().name(),
        free_bytes: host.machine().memory().free,
        display,
        keyboard: keyboard_error.is_none(),
        boot: &host.machine().boot_description(),
        model: agent.model().map(|model| &*model.info().name),
    });

    let pacer = KernelPacer::new();
    let mut early_line = storage.settle(&desk, &observer, host, &mut agent).await;
    let mut is_embedding_due = true;
    loop {
        // Before the first line: the agent looks every line up by its meaning.
        if core::mem::take(&mut is_embedding_due) {
            embedding::load(&observer, host, &boot, &pacer).await;
        }
        let line = match early_line.take().or_else(|| lines.try_receive()) {
            Some(line) => Some(line),
            None => {
                // What the next prompt begins with is computed while nobody waits.
                agent.warm_up(&pacer, &observer, desk.has_new_line()).await;
                storage.tidy(&desk, &observer, host, &mut agent).await;
                match next_line(&mut lines, &host.timers(), agent.next_wake_ns()).await {
                    Waited::Line(line) => line,
                    Waited::Due => {
                        desk.begin_line();
                        agent.wake(&pacer, &observer, desk.stop()).await;
                        storage.save(&observer, &mut agent).await;
                        desk.finish_line();
                        continue;
                    }
                }
            }
        };
        let Some(line) = line else { return };
        desk.begin_line();
        agent.process_input(&line, &pacer, &observer, desk.stop()).await;
        if let Some(file) = agent.take_model_request() {
            stage.switch(&mut agent, &file).await;
            storage.warm_up(&observer, &mut agent).await;
        }
        storage.save(&observer, &mut agent).await;
        desk.update(|console| console.view.set_keymap(host.keymap()));
        desk.finish_line();
    }
}

/// What ended the waiting.
enum Waited {
    /// A line; `None` if there will be no more.
    Line(Option<String>),
    /// The time of something scheduled has come.
    Due,
}

/// Waits for a line, or until `wake_ns`.
async fn next_line(lines: &mut Receiver<String>, timers: &Timers, wake_ns: Option<u64>) -> Waited {
    let mut line = None;
    let due = pin!(timers.sleep_until(wake_ns.unwrap_or(u64::MAX)));
    let mut receiving = pin!(async { line = lines.receive().await });
    match either(receiving.as_mut(), due).await {
        Either::First => Waited::Line(line),
        Either::Second => Waited::Due,
    }
}

/// Loads the model that the boot loader brought, and tells how that went.
fn load_model(stage: &Stage<'_>) -> Option<Engine<'static>> {
    let Some(module) = stage.boot.model() else {
        status::show_model(stage.desk, None);
        stage.observer.report_error(
            "model",
            "There is no model: the boot loader brought none. Commands and tools work; /help \
             lists them.",
        );
        return None;
    };
    stage.host.model_files().set_boot(module);
    let started_ms = KernelClock.now_ms();
    match load_module(module.bytes, stage.boot) {
        Ok(engine) => {
            stage.announce(&engine, &module.path, KernelClock.now_ms() - started_ms);
            stage.host.model_files().set_used(Some(ModelPlace::Boot(module.path.clone())));
            Some(engine)
        }
        Err(error) => {
            status::show_model(stage.desk, None);
            let text = format!("The model {} cannot be used: {error}.", module.path);
            stage.observer.report_error("model", &text);
            None
        }
    }
}
