//! The models there are: what the boot loader brought, and files on the disk.

use super::{disk_files::DiskFiles, event_log};
use crate::boot::BootModule;
use alloc::{rc::Rc, string::ToString, vec::Vec};
use core::cell::{OnceCell, RefCell};
use llm_agent::models::{ModelFile, ModelPlace, find};
use system_events::Event;
use system_files::Volume;

/// Where models are, and which of them is used.
pub struct ModelFiles {
    files: Rc<DiskFiles>,
    boot: OnceCell<ModelFile>,
    used: RefCell<Option<ModelPlace>>,
}

impl ModelFiles {
    /// Models among these files.
    pub fn new(files: Rc<DiskFiles>) -> Self {
        Self { files, boot: OnceCell::new(), used: RefCell::default() }
    }

    /// Takes note of the model that the boot loader brought.
    pub fn set_boot(&self, module: &BootModule) {
        let place = ModelPlace::Boot(module.path.clone());
        // A second one cannot come: the modules are looked at once.
        let _ = self.boot.set(ModelFile::new(place, module.bytes.len() as u64));
    }

    /// Takes note of which model the agent uses.
    pub fn set_used(&self, place: Option<ModelPlace>) {
        self.used.replace(place);
    }

    /// The model that the agent uses.
    pub fn used(&self) -> Option<ModelPlace> {
        self.used.borrow().clone()
    }

    /// All models, in the order of their places; what is wrong with the disk is logged.
    pub async fn list(&self) -> Vec<ModelFile> {
        let mut files: Vec<ModelFile> = self.boot.get().cloned().into_iter().collect();
        if let Some(volume) = self.volume() {
            match find(&volume).await {
                Ok(found) => files.extend(found),
                Err(error) => {
                    event_log::write(&Event::Error {
                        source: "models",
                        message: &error.to_string(),
                    });
                }
            }
        }
        let used = self.used();
        for file in &mut files {
            file.is_used = used.as_ref() == Some(&file.place);
        }
        files
    }

    /// The volume with files; `None` where no disk has one that can be mounted.
    pub fn volume(&self) -> Option<Rc<Volume>> {
        self.files.tree().root().cloned()
    }
}
