//! What is on the disks is taken into use: our own files and store, everybody else's files for reading.
//! A blank disk becomes ours only when the person says so, on the screen or by the boot option
//! `format=blank`.

use super::{
    desk::Desk, either, event_log, host::KernelHost, observer::ConsoleObserver, question,
    switch_model::KernelAgent,
};
use crate::{boot::BootInfo, platform::entropy};
use alloc::{
    boxed::Box,
    format,
    rc::Rc,
    string::{String, ToString},
};
use core::{pin::pin, sync::atomic::Ordering};
use llm_agent::{Resumed, SavedStart, SessionError, WarmStart};
use llm_tools::measure::bytes;
use system_events::Event;
use system_files::{
    Volume,
    fat::Access,
    layout::{Extent, Layout, format_disk},
    probe::{Contents, probe},
};
use system_platform::{BlockDevice, BlockInfo};
use system_storage::{FormatOptions, OpenError, Store, Usage};

/// The boot option that has a blank disk formatted.
const FORMAT_BLANK: &str = "format=blank";
/// Messages of an earlier conversation that are shown again.
const MOST_SHOWN: usize = 40;
/// Nobody waits longer for disks that do not answer.
const PATIENCE_NS: u64 = 3_000_000_000;

/// What was found.
#[derive(Default)]
pub struct Storage {
    /// The store, if one can be used.
    pub store: Option<Rc<Store<'static>>>,
    /// The first disk that holds nothing, as long as none is ours.
    blank: Option<Rc<dyn BlockDevice>>,
    /// Keeping order has failed, which was told.
    is_out_of_order: bool,
    /// Keeping the session has failed the last time, which was told.
    is_session_lost: bool,
    /// How the store was when it was last written down that all of it was acknowledged.
    closed: Usage,
}

/// Looks at all disks and takes into use what can be used.
pub async fn open(
    observer: &ConsoleObserver,
    host: &'static KernelHost,
    boot: &BootInfo,
) -> Storage {
    {
        let known = pin!(async {
            host.disks().all().await;
        });
        let deadline = pin!(host.timers().sleep(PATIENCE_NS));
        either(known, deadline).await;
    }
    let mut storage = Storage::default();
    let (mut has_ours, mut blank) = (false, None);
    for (number, disk) in (1..).zip(host.disks().found()) {
        let name = disk.info().name.clone();
        match probe(&disk).await {
            Err(error) => report(observer, &name, &error),
            Ok(Contents::Blank) => {
                blank.get_or_insert(disk);
            }
            Ok(Contents::Ours { layout, warning }) if !has_ours => {
                has_ours = true;
                if let Some(fault) = warning {
                    report(observer, &name, &fault);
                }
                storage.store = take(observer, host, &disk, layout).await;
            }
            Ok(contents) => show_files(observer, host, &disk, number, &contents).await,
        }
    }
    storage.blank = blank.filter(|_| !has_ours);
    if boot.has_option(FORMAT_BLANK)
        && let Some(disk) = storage.blank.take()
    {
        storage.store = make_ours(observer, host, &disk).await;
    }
    storage
}

impl Storage {
    /// Brings up what the store remembers.
    pub async fn attach(&mut self, observer: &ConsoleObserver, agent: &mut KernelAgent) {
        let Some(store) = self.store.clone() else { return };
        if let Err(error) = agent.open_memory(store.clone(), observer).await {
            observer.report_error("store", &format!("It cannot be read: {error}."));
            self.store = None;
            return;
        }
        match agent.resume_session(&store, observer).await {
            Ok(Resumed { turns, reminders, .. }) => {
                event_log::write(&Event::Resumed {
                    turns: turns as u64,
                    reminders: reminders as u64,
                    memories: agent.memory().len() as u64,
                });
                observer.show_conversation(agent.conversation(MOST_SHOWN));
            }
            Err(error) => {
                observer.report_error("session", &format!("It cannot be brought back: {error}."));
            }
        }
        self.warm_up(observer, agent).await;
    }

    /// Takes from the store what the model has computed before of the prompt's beginning.
    pub async fn warm_up(&self, observer: &ConsoleObserver, agent: &mut KernelAgent) {
        let Some(store) = &self.store else { return };
        match agent.restore_warm_start(store, observer).await {
            WarmStart::Restored { tokens, pinned } => {
                event_log::write(&Event::WarmStart { tokens: tokens as u64 });
                if tokens == pinned && agent.is_warm() {
                    event_log::phase("warm");
                }
            }
            WarmStart::Nothing | WarmStart::Refused(_) => {}
        }
    }

    /// Keeps the session as it is now.
    pub async fn save(&mut self, observer: &ConsoleObserver, agent: &mut KernelAgent) {
        let Some(store) = &self.store else { return };
        match agent.save_session(store).await {
            // What failed to be brought back is not written over.
            Ok(()) | Err(SessionError::NotResumed) => self.is_session_lost = false,
            Err(error) => {
                // Once: it would be told after every line.
                if !core::mem::replace(&mut self.is_session_lost, true) {
                    observer.report_error("session", &format!("It cannot be kept: {error}."));
                }
            }
        }
    }

    /// Says so if nothing will last. Where a blank disk could change that, the person is asked first; a
    /// line that is no answer is given back.
    pub async fn settle(
        &mut self,
        desk: &Desk,
        observer: &ConsoleObserver,
        host: &'static KernelHost,
        agent: &mut KernelAgent,
    ) -> Option<String> {
        if self.store.is_some() {
            return None;
        }
        let mut line = None;
        if let Some(disk) = self.blank.take() {
            let BlockInfo { name, .. } = disk.info();
            let size = bytes(disk.info().len_bytes());
            let text = format!(
                "There is a blank disk: {name}, {size}. Shall it be formatted, to keep files and \
                 memories on it?"
            );
            tell(observer, &text);
            event_log::write(&Event::FormatAsked { disk: name });
            let answer = question::line(desk, host.timers(), "y format it · n leave it").await;
            match answer.as_deref() {
                Some("y" | "Y" | "yes") => {
                    self.store = make_ours(observer, host, &disk).await;
                    agent.note_facilities(observer);
                    self.attach(observer, agent).await;
                }
                Some("n" | "N" | "no") | None => {}
                Some(other) => line = Some(other.into()),
            }
        }
        if self.store.is_none() {
            tell(
                observer,
                "No disk is in use, so nothing will last: what is said and remembered is gone when the \
                 machine is switched off.",
            );
        }
        line
    }

    /// Puts things in order until nothing is left to do or a line waits.
    pub async fn tidy(
        &mut self,
        desk: &Desk,
        observer: &ConsoleObserver,
        host: &KernelHost,
        agent: &mut KernelAgent,
    ) {
        let is_awaited = || desk.has_new_line().load(Ordering::Relaxed);
        if host.disk_files().take_changed() {
            agent.refresh_files(observer, desk.has_new_line()).await;
        }
        let mut is_more = !self.is_out_of_order;
        while is_more && !is_awaited() {
            is_more = match agent.maintain_memory().await {
                Ok(is_more) => is_more,
                Err(error) => {
                    self.is_out_of_order = true;
                    observer
                        .report_error("memory", &format!("It cannot be kept in order: {error}."));
                    false
                }
            };
        }
        if let Some(store) = self.store.clone()
            && !is_awaited()
        {
            match agent.save_warm_start(&store).await {
                Ok(SavedStart::Saved { tokens, .. }) => {
                    event_log::write(&Event::StartKept { tokens: tokens as u64 });
                }
                Ok(_) => {}
                Err(error) => {
                    let text =
                        format!("What was computed cannot be kept for the next start: {error}.");
                    observer.report_error("store", &text);
                }
            }
        }
        // From now on damage to the last changes is not taken for changes that were cut off.
        if let Some(store) = &self.store
            && !is_awaited()
            && store.usage() != self.closed
            && store.close().await.is_ok()
        {
            self.closed = store.usage();
        }
        if let Some(volume) = host.disk_files().tree().root()
            && !is_awaited()
            && let Err(error) = volume.sync().await
        {
            observer.report_error("disk", &format!("The files cannot be put away: {error}."));
        }
    }
}

/// Shows the files of somebody else's disk, the one of this number, for reading.
async fn show_files(
    observer: &ConsoleObserver,
    host: &'static KernelHost,
    disk: &Rc<dyn BlockDevice>,
    number: usize,
    contents: &Contents,
) {
    let name = &disk.info().name;
    for (part, extent) in (1..).zip(contents.fat_volumes(&**disk)) {
        let folder = match part {
            1 => format!("disk{number}"),
            part => format!("disk{number}-{part}"),
        };
        match mount(host, disk, extent, Access::ReadOnly).await {
            Ok(volume) => {
                tell(observer, &format!("The files of {name} can be read in /{folder}."));
                host.disk_files().add(disk, folder, volume);
            }
            Err(error) => report(observer, name, &error),
        }
    }
}

/// Makes a disk ours and takes it into use.
async fn make_ours(
    observer: &ConsoleObserver,
    host: &'static KernelHost,
    disk: &Rc<dyn BlockDevice>,
) -> Option<Rc<Store<'static>>> {
    let name = disk.info().name.clone();
    match format_disk(disk, entropy::bytes()).await {
        Ok(layout) => {
            tell(observer, &format!("Formatted: {name}."));
            take(observer, host, disk, layout).await
        }
        Err(error) => {
            report(observer, &name, &error);
            None
        }
    }
}

/// Takes a disk of ours into use.
async fn take(
    observer: &ConsoleObserver,
    host: &'static KernelHost,
    disk: &Rc<dyn BlockDevice>,
    layout: Layout,
) -> Option<Rc<Store<'static>>> {
    let name = &disk.info().name;
    let mut files = false;
    match mount(host, disk, layout.files, Access::ReadWrite).await {
        Ok(volume) => {
            files = true;
            host.disk_files().set_root(disk, volume);
        }
        Err(error) => report(observer, name, &error),
    }
    let store = match open_store(disk, layout.store).await {
        Ok((store, None)) => Some(store),
        Ok((store, Some(why))) => {
            let text = format!("The store on {name} can only be read: {why}.");
            observer.report_error("store", &text);
            Some(store)
        }
        Err(error) => {
            let text = format!("The store on {name} cannot be used: {error}.");
            observer.report_error("store", &text);
            None
        }
    };
    for damage in store.iter().flat_map(|store| store.damages()) {
        observer.report_error("store", &format!("On {name}: {damage}."));
    }
    let usage = store.as_ref().map(|store| store.usage()).unwrap_or_default();
    event_log::write(&Event::Storage {
        disk: name,
        files,
        store: store.is_some(),
        records: usage.records as u64,
        live_bytes: usage.live_bytes,
        total_bytes: usage.total_bytes,
    });
    store
}

/// The store of a partition, which is made if there is none yet; with the reason if it is for reading
/// only.
async fn open_store(
    disk: &Rc<dyn BlockDevice>,
    extent: Extent,
) -> Result<(Rc<Store<'static>>, Option<String>), OpenError> {
    let device: Rc<dyn BlockDevice> = Rc::new(extent.open(disk.clone())?);
    if disk.info().is_read_only {
        let store = Store::open_read_only(device).await?;
        return Ok((Rc::new(store), Some("the disk is write-protected".into())));
    }
    let opened = match Store::open(device.clone()).await {
        Err(OpenError::Unformatted) => {
            let store = u64::from_le_bytes(entropy::bytes());
            let options = FormatOptions { store, segment_bytes: None };
            Store::format(device.clone(), options).await?;
            Store::open(device).await
        }
        Err(error @ (OpenError::Newer { .. } | OpenError::Shrunk { .. })) => {
            let store = Store::open_read_only(device).await?;
            return Ok((Rc::new(store), Some(error.to_string())));
        }
        opened => opened,
    };
    Ok((Rc::new(opened?), None))
}

async fn mount(
    host: &'static KernelHost,
    disk: &Rc<dyn BlockDevice>,
    extent: Extent,
    access: Access,
) -> Result<Volume, system_files::FatError> {
    let device: Rc<dyn BlockDevice> = Rc::new(extent.open(disk.clone())?);
    Volume::mount(device, access, Box::new(|| host.date_time())).await
}

fn tell(observer: &ConsoleObserver, text: &str) {
    llm_agent::Observer::on_event(observer, &llm_agent::AgentEvent::Notice { text });
}

fn report(observer: &ConsoleObserver, disk: &str, error: &dyn core::fmt::Display) {
    observer.report_error("disk", &format!("{disk}: {error}."));
}
